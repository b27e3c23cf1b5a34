//! At which level the items of a section have their headings: the level may differ from page to page.

use super::outline::{Line, Outline, Role};
use std::collections::BTreeMap;

/// The implicit section of an old page of one area, where levels are looked up by the line of the section's heading.
pub(super) const IMPLICIT: usize = usize::MAX;

/// The level of item headings in each section, by the line of the section's heading.
pub(super) fn item_levels(outline: &Outline) -> BTreeMap<usize, u8> {
    let mut sections: Vec<(usize, u8)> = Vec::new();
    if outline.area_page.is_some() {
        sections.push((IMPLICIT, 0));
    }
    sections.extend(
        outline
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| matches!(line.role, Role::Section(_)))
            .map(|(at, line)| (at, line.level)),
    );
    let headings = |start: usize, level: u8| -> Vec<(usize, u8)> {
        let from = if start == IMPLICIT { 0 } else { start + 1 };
        let mut found = Vec::new();
        for (at, line) in outline.lines.iter().enumerate().skip(from) {
            match line.role {
                Role::Section(_) if start != IMPLICIT => break,
                Role::Heading if line.level <= level && !outline.is_anchored(at) => break,
                Role::Heading => found.push((at, line.level)),
                _ => {}
            }
        }
        found
    };
    let anchored_level = |found: &[(usize, u8)]| {
        found
            .iter()
            .filter(|(at, _)| outline.is_anchored(*at))
            .map(|(_, level)| *level)
            .min()
    };
    let offset = sections
        .iter()
        .find_map(|(at, level)| anchored_level(&headings(*at, *level)).map(|item| i16::from(item) - i16::from(*level)));
    let mut levels = BTreeMap::new();
    for (start, level) in sections {
        let found = headings(start, level);
        let chosen = anchored_level(&found)
            .or_else(|| {
                let wanted = i16::from(level) + offset?;
                found
                    .iter()
                    .map(|(_, level)| *level)
                    .find(|level| i16::from(*level) == wanted)
            })
            .or_else(|| {
                let mut distinct: Vec<u8> = found
                    .iter()
                    .map(|(_, level)| *level)
                    .filter(|found| *found > level)
                    .collect();
                distinct.sort_unstable();
                distinct.dedup();
                let deepest = distinct.last().copied();
                let groups_only = |candidate: u8| {
                    found.iter().filter(|(_, level)| *level == candidate).all(|(at, _)| {
                        let deeper = |line: &Line| line.role == Role::Heading && line.level > candidate;
                        let mut below = outline.lines[at + 1..]
                            .iter()
                            .take_while(|line| line.level == 0 || line.level > candidate);
                        match outline.areas.knows(&outline.lines[*at].block.text.one_line()) {
                            true => below.any(deeper),
                            false => below.next().is_some_and(deeper),
                        }
                    })
                };
                distinct
                    .into_iter()
                    .find(|candidate| Some(*candidate) == deepest || !groups_only(*candidate))
            });
        if let Some(chosen) = chosen {
            levels.insert(start, chosen);
        }
    }
    levels
}
