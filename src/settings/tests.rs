use super::*;

#[test]
fn settings_read_back_as_saved() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = SettingsFile::at(dir.path().join("new/settings.toml"));
    assert_eq!(file.load(), (Settings::default(), None));
    let settings = Settings {
        theme: Theme::Light,
        text_scale: 1.3,
        source: SourceSpec::Demo { people: 2 },
        mirror: false,
        overlays: false,
        reduced_motion: ReducedMotion::On,
        welcome_seen: 3,
        sessions_dir: Some(std::path::absolute("/a folder/\u{e9}").unwrap()),
        model_dir: Some(std::path::absolute("/models/one").unwrap()),
        model_dirs: vec![std::path::absolute("/models/one").unwrap()],
        recent_files: vec![std::path::absolute("/videos/\u{e9}.mp4").unwrap()],
        unfinished_files: vec![std::path::absolute("/videos").unwrap()],
        erase_after_days: Some(90),
        marker_names: vec!["question".into(), String::new(), "answer".into()],
        encrypt_new_sessions: true,
        pipeline: PipelineOptions { max_faces: 2, ..PipelineOptions::default() },
        baseline: BaselineSettings { on: true, profile: Some("P-07".into()) },
        companion: CompanionSettings { on: true, gap_minutes: 20.0, ..Default::default() },
    };
    file.save(&settings).unwrap();
    assert_eq!(SettingsFile::at(file.path().to_owned()).load(), (settings, None));
}

#[test]
fn a_missing_value_has_its_default() {
    let (settings, refused) = Settings::from_toml("theme = \"dark\"").unwrap();
    assert_eq!(settings, Settings { theme: Theme::Dark, ..Settings::default() });
    assert!(refused.is_empty());
    assert_eq!(Settings::from_toml("").unwrap(), (Settings::default(), vec![]));
}

#[test]
fn a_wrong_value_has_its_default_and_harms_no_other() {
    let wrong = [
        "theme = \"pink\"",
        "theme = 3",
        "text_scale = \"large\"",
        "source = \"telescope\"",
        "mirror = \"yes\"",
        "overlays = 1",
        "reduced_motion = true",
        "welcome_seen = -1",
        "sessions_dir = 7",
        "model_dir = []",
        "baseline.profile = 7",
        "baseline.on = \"yes\"",
        "companion.quiet_from = -1",
        "erase_after_days = -2",
        "pipeline = 1",
        "pipeline.max_faces = -2",
        "pipeline.smoothing_secs = \"slow\"",
        "pipeline.unsure_below = []",
    ];
    for line in wrong {
        let text = format!("{line}\nother.unsure_below = 1\n");
        let (settings, refused) = Settings::from_toml(&text).unwrap();
        assert_eq!(settings, Settings::default(), "{line}");
        assert_eq!(refused, [line.split(" = ").next().unwrap()], "{line}");
    }
    // All at once, each in a file with sound neighbours.
    let (settings, refused) = Settings::from_toml(
        "mirror = \"yes\"\noverlays = false\nwelcome_seen = 2\n\
         [pipeline]\nmax_faces = 3\nsmoothing_secs = {}\nunsure_below = 0.5\n",
    )
    .unwrap();
    assert_eq!(refused, ["mirror"]);
    assert!(settings.mirror && !settings.overlays);
    assert_eq!((settings.welcome_seen, settings.pipeline.max_faces), (2, 3));
    assert_eq!(settings.pipeline.unsure_below, 0.5);
}

#[test]
fn an_unknown_value_is_ignored() {
    let (settings, refused) = Settings::from_toml(
        "future = [1, 2]\nmirror = false\n[pipeline]\nfuture = \"x\"\n[new]\na = 1",
    )
    .unwrap();
    assert_eq!(settings, Settings { mirror: false, ..Settings::default() });
    assert!(refused.is_empty());
}

#[test]
fn what_is_out_of_range_is_brought_into_it() {
    let (settings, _) = Settings::from_toml(
        "text_scale = 9.0\nsessions_dir = \"relative\"\n\
         [pipeline]\nmax_faces = 0\nsmoothing_secs = -1.0\nunsure_below = nan\n",
    )
    .unwrap();
    assert_eq!(settings.text_scale, 2.0);
    assert_eq!(settings.sessions_dir, None);
    assert_eq!(settings.pipeline.max_faces, 1);
    assert_eq!(settings.pipeline.smoothing_secs, 0.0);
    assert_eq!(settings.pipeline.unsure_below, PipelineOptions::default().unsure_below);
    let (settings, _) = Settings::from_toml("text_scale = -inf\npipeline.max_faces = 99").unwrap();
    assert_eq!((settings.text_scale, settings.pipeline.max_faces), (0.8, 16));
}

#[test]
fn an_integer_is_fine_where_a_number_is_wanted() {
    let (settings, refused) = Settings::from_toml("text_scale = 2").unwrap();
    assert_eq!((settings.text_scale, refused), (2.0, vec![]));
}

#[test]
fn a_file_that_is_no_toml_is_told_and_put_aside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("settings.toml");
    for content in [&b"theme = \"dark"[..], b"\xff\xfe\x00", b"{}"] {
        fs::write(&path, content).unwrap();
        let mut file = SettingsFile::at(path.clone());
        let (settings, error) = file.load();
        assert_eq!(settings, Settings::default());
        assert!(matches!(error, Some(SettingsError::NotToml { .. })), "{error:?}");
        assert_eq!(fs::read(dir.path().join("settings.toml.damaged")).unwrap(), content);
        file.save(&settings).unwrap();
        assert_eq!(SettingsFile::at(path.clone()).load(), (settings, None));
    }
}

#[test]
fn an_unreadable_file_is_told() {
    let dir = tempfile::tempdir().unwrap();
    // A folder in its place can't be read, not even by root.
    let (settings, error) = SettingsFile::at(dir.path().to_owned()).load();
    assert_eq!(settings, Settings::default());
    let error = error.unwrap();
    assert!(matches!(error, SettingsError::Unreadable { .. }));
    assert!(error.to_string().contains("can't be read"), "{error}");
}

#[test]
fn an_unwritable_file_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let in_the_way = dir.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let mut file = SettingsFile::at(in_the_way.join("settings.toml"));
    let error = file.save_telling_once(&Settings::default()).unwrap();
    assert!(matches!(error, SettingsError::Unwritable { .. }), "{error:?}");
    assert_eq!(file.save_telling_once(&Settings::default()), None);
    // It goes away and comes back: told again.
    fs::remove_file(&in_the_way).unwrap();
    assert_eq!(file.save_telling_once(&Settings::default()), None);
    fs::remove_dir_all(&in_the_way).unwrap();
    fs::write(&in_the_way, "").unwrap();
    let changed = Settings { mirror: false, ..Settings::default() };
    assert!(file.save_telling_once(&changed).is_some());
}

#[test]
fn what_is_in_the_file_already_is_not_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("settings.toml");
    let mut file = SettingsFile::at(path.clone());
    file.save(&Settings::default()).unwrap();
    fs::write(&path, "theme = \"dark\"").unwrap();
    file.save(&Settings::default()).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "theme = \"dark\"");
}

#[test]
fn the_environment_may_name_folders() {
    let system = SystemFolders {
        config: Some("/home/a/.config/mien".into()),
        data: Some("/home/a/.local/share/mien".into()),
        documents: Some("/home/a/Documents".into()),
    };
    let root = std::path::absolute("/portable").unwrap();
    let located = |variables: &[(&str, &Path)], system: &SystemFolders| {
        Folders::locate_with(
            |name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into()),
            system,
        )
    };
    let usual = located(&[("MIEN_CONFIG_DIR", Path::new(""))], &system).unwrap();
    assert_eq!(usual.config, Path::new("/home/a/.config/mien"));
    assert_eq!(usual.sessions, Path::new("/home/a/Documents").join("Mien"));

    let both = [("MIEN_CONFIG_DIR", root.as_path()), ("MIEN_DATA_DIR", root.as_path())];
    let portable = located(&both, &system).unwrap();
    assert_eq!((&portable.config, &portable.data), (&root, &root));
    assert_eq!(portable.sessions, root.join("sessions"));
    assert_eq!(portable.settings_file().path(), root.join("settings.toml"));

    let nothing = SystemFolders::default();
    assert_eq!(located(&[], &nothing), Err(SettingsError::NoHome));
    assert!(located(&both, &nothing).is_ok());
    let relative = located(&[("MIEN_DATA_DIR", Path::new("here"))], &system).unwrap();
    assert!(relative.data.is_absolute() && relative.data.ends_with("here"));

    let no_documents = SystemFolders { documents: None, ..system };
    let sessions = located(&[], &no_documents).unwrap().sessions;
    assert_eq!(sessions, Path::new("/home/a/.local/share/mien/sessions"));
}

#[test]
fn the_file_is_pleasant_to_edit() {
    let dir = std::path::absolute("/a").unwrap();
    let settings = Settings { sessions_dir: Some(dir.clone()), ..Settings::default() };
    let text = settings.to_toml();
    assert!(text.starts_with("# Settings of Mien."), "{text}");
    assert!(text.contains("\ntheme = \"system\"\ntext_scale = 1.0\nsource = \"camera\"\n"));
    assert!(text.contains("\n[pipeline]\nmax_faces = 8\nsmoothing_secs = 0.25\n"), "{text}");
}
