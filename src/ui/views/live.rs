//! The middle of the page of what is live.

use eframe::egui::{self, Rect};

use super::Scene;
use crate::ui::actions::Actions;
use crate::ui::theme;

/// Draws the picture and, where there is room, the last minute below it.
pub fn live_page(
    ui: &mut egui::Ui,
    rect: Rect,
    height: f32,
    scene: Scene<'_>,
    actions: &mut Actions,
) {
    if scene.compact {
        super::picture(ui, rect, scene, actions);
        return;
    }
    let mut room = super::notices(ui, rect.shrink(theme::GAP), scene, actions);
    if height >= theme::FOLD_HEIGHT {
        let card = room.with_min_y(room.bottom() - theme::TIMELINE_HEIGHT);
        room.max.y = card.top() - theme::GAP;
        super::picture(ui, room, scene, actions);
        super::timeline_card(ui, card, scene, actions);
    } else {
        super::picture(ui, room, scene, actions);
    }
}
