//! Bullets and table rows that are items themselves.

use super::super::blocks::Kind;
use super::super::ids::{find_cases, find_urms};
use super::super::text::Text;
use super::super::wording::{bare_words, month_heading, read_meta};
use super::super::{Section, loose};
use super::{Level, Reader, Scope, bullet_line, image_tags};

impl Reader<'_> {
    pub(super) fn bullet(&mut self, at: usize, depth: u8, text: &Text, scope: &Scope) {
        if let Some(Level::Bullet(base)) = self.open.as_ref().map(|open| open.level)
            && depth > base
        {
            let shown = bullet_line(depth - base, &text.rich);
            self.body(text, &shown);
            return;
        }
        let whole = text.one_line();
        let parent = matches!(self.outline.lines.get(at + 1).map(|next| &next.block.kind), Some(Kind::Bullet(next)) if *next > depth);
        if parent && let Some(release) = month_heading(&whole) {
            self.close();
            self.month = Some((release, u8::MAX));
        } else if parent && self.outline.areas.knows(&whole) {
            self.close();
            self.group = Some(whole);
        } else if (scope.section != Section::MainFeature || self.is_loose_item(text, scope)) && !says_none(&whole) {
            self.begin_loose(
                loose::read(text, &self.outline.areas),
                scope,
                Level::Bullet(depth),
                text,
            );
        } else {
            self.close();
            self.skip(&text.plain);
        }
    }

    pub(super) fn row(&mut self, table: usize, header: bool, cells: &[Text], text: &Text, scope: &Scope) {
        self.close();
        let first = self.columns.as_ref().is_none_or(|(known, _)| *known != table);
        if first {
            let columns = loose::columns(cells, header);
            let is_header = columns.is_some();
            self.columns = Some((table, columns.unwrap_or_default()));
            if is_header {
                return;
            }
        }
        if header || says_none(&text.plain) {
            return;
        }
        if scope.section == Section::MainFeature && !self.is_loose_item(text, scope) {
            self.skip(&text.plain);
            return;
        }
        let columns = self
            .columns
            .as_ref()
            .map(|(_, columns)| columns.as_slice())
            .unwrap_or_default();
        match loose::read_row(cells, columns, &self.outline.areas) {
            Some(found) => self.begin_loose(found, scope, Level::Other, text),
            None => self.skip(&text.plain),
        }
    }

    /// Text that is an item although it stands where others are introductions: it carries an issue id.
    pub(super) fn is_loose_item(&self, text: &Text, scope: &Scope) -> bool {
        // A meta line whose heading was not understood is no item.
        let lone_meta = read_meta(&text.spaced()).is_some_and(|meta| meta.is_strong());
        !scope.implicit && !lone_meta && (!find_urms(&text.plain).is_empty() || !find_cases(&text.plain).is_empty())
    }

    pub(super) fn begin_loose(&mut self, found: loose::Loose, scope: &Scope, level: Level, text: &Text) {
        self.begin(found.heading, scope.section, level, found.meta.area.clone());
        if let Some(open) = &mut self.open {
            open.release = found.meta.release.or(open.release.take());
            open.ids.absorb(found.meta.ids);
            open.ids.absorb(image_tags(&text.images));
            open.body.extend((!found.body.is_empty()).then_some(found.body));
            open.links.extend(text.links.iter().cloned());
            open.fresh = false;
        }
    }
}

/// "There are no issues to note" is no issue.
fn says_none(text: &str) -> bool {
    let bare = bare_words(text);
    matches!(
        bare.as_str(),
        "none" | "n a" | "not applicable" | "no issues" | "none at this time"
    ) || [
        "there are no ",
        "there are currently no ",
        "no known issues",
        "no issues to note",
        "no resolved issues",
    ]
    .iter()
    .any(|lead| bare.starts_with(lead))
}
