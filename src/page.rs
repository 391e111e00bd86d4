//! A page that needs nothing else: no script, nothing from elsewhere, light and dark, fit for
//! printing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("page.css");

/// The page as an HTML file; `style` is added to the style of all pages.
pub(crate) fn page(title: &str, style: &str, main: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                main { (main) }
            }
        }
    }
    .into_string()
}
