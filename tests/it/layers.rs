//! Who may use whom (ARCHITECTURE.md): each line of the list only the lines above it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The modules by layer, lowest first; modules of one layer do not use each other, but for the pairs allowed below.
const LAYERS: &[&[&str]] = &[
    &["model"],
    &["clock"],
    &["compare", "meaning"],
    &["config", "pseudonym", "telemetry"],
    &["exlibris", "store"],
    &["sources"],
    &["insight", "alerts", "reports"],
    &["poll"],
    &["web"],
    &["demo"],
    &["cli"],
];

/// What only one module may name.
const KEPT_TO: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("axum", &["web", "demo"]),
    ("reqwest", &["exlibris", "alerts"]),
    ("scraper", &["exlibris"]),
];

fn rust_files(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn module_of(file: &Path, src: &Path) -> String {
    let first = file
        .strip_prefix(src)
        .unwrap()
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn every_module_uses_only_what_lies_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let layer_of: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(layer, modules)| modules.iter().map(move |module| (*module, layer)))
        .collect();
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(files.len() > 40, "the sources were not found");
    let mut breaches = Vec::new();
    for file in files {
        let module = module_of(&file, &src);
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(own) = layer_of.get(module.as_str()) else {
            breaches.push(format!("{module} has no layer in this test"));
            continue;
        };
        let text = std::fs::read_to_string(&file).unwrap();
        // Unit tests may use what they need to look from outside.
        let text = if file.ends_with("tests.rs") {
            ""
        } else {
            text.split("#[cfg(test)]").next().unwrap()
        };
        for (at, used) in text.match_indices("crate::").map(|(at, _)| (at, &text[at + 7..])) {
            let used: String = used
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .collect();
            let Some(layer) = layer_of.get(used.as_str()) else {
                continue;
            };
            if used != module && layer >= own {
                let line = text[..at].lines().count();
                breaches.push(format!(
                    "{}:{line}: {module} uses {used}",
                    file.strip_prefix(&src).unwrap().display()
                ));
            }
        }
        for (name, homes) in KEPT_TO {
            let names_it = text.lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//")
                    && (line.contains(&format!("{name}::")) || line.contains(&format!("use {name}")))
            });
            if names_it && !homes.contains(&module.as_str()) {
                breaches.push(format!(
                    "{}: only {homes:?} may name {name}",
                    file.strip_prefix(&src).unwrap().display()
                ));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}
