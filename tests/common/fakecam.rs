//! Runs programs with an emulated camera (`tests/fakecam`, which lists the settings).

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

/// Builds the emulated camera, once a process; its library.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        // This test lies in target/<profile>/deps; the library is built beside it.
        let exe = env::current_exe().expect("a test knows where it is");
        let target = exe.ancestors().nth(3).expect("a test lies in target/<profile>/deps");
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--release", "--quiet", "--package", "fakecam", "--target-dir"])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the emulated camera was not built");
        target.join("release/libfakecam.so")
    })
}

/// Makes `command` see the emulated camera.
pub fn preload<'a>(command: &'a mut Command, settings: &[(&str, &str)]) -> &'a mut Command {
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("FAKECAM_")) {
        command.env_remove(name);
    }
    command.env("LD_PRELOAD", library()).envs(settings.iter().copied())
}

/// Names the test whose body is to run in this process.
const BODY_OF: &str = "MIEN_TEST_BODY_OF";

/// No body takes longer, on however busy a machine; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs `body` in a process of its own that sees the emulated camera: `test`, the test that calls
/// this, is run again there. What `body` needs to know of the settings it finds in the environment.
pub fn with(test: &str, settings: &[(&str, &str)], body: impl FnOnce()) {
    if env::var(BODY_OF).is_ok_and(|name| name == test) {
        std::thread::Builder::new()
            .spawn(|| {
                std::thread::sleep(PATIENCE);
                eprintln!("the body of the test hangs");
                std::process::abort();
            })
            .expect("a thread starts");
        return body();
    }
    let mut command = Command::new(env::current_exe().expect("a test knows where it is"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(BODY_OF, test);
    let output = preload(&mut command, settings).output().expect("the test runs again");
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{stdout}\n{stderr}", output.status);
    assert!(stdout.contains("1 passed"), "no test is called {test}:\n{stdout}");
}
