//! Old pages of one area without any sub-heading.

use super::super::blocks::Kind;
use super::super::loose;
use super::super::outline::{Line, Role};
use super::super::wording::{bare_words, first_sentence};
use super::{Level, Reader, bullet_line};

impl Reader<'_> {
    /// An old page of one area without any sub-heading (May 2016, Acquisitions): its bullets, or else the page, are its items.
    pub(super) fn whole_page(&mut self) {
        let Some(scope) = self.section.clone().filter(|scope| scope.implicit) else {
            return;
        };
        let texts: Vec<&Line> = self
            .outline
            .lines
            .iter()
            .filter(|line| line.role == Role::Text)
            .collect();
        if texts.is_empty() || self.outline.lines.iter().any(|line| line.role == Role::Heading) {
            return;
        }
        let tagged = |line: &Line| {
            loose::take_tag_lead(&line.block.text.rich, false)
                .is_some_and(|(ids, rest)| !ids.tags.is_empty() && !rest.is_empty())
        };
        if texts
            .iter()
            .any(|line| line.block.kind == Kind::Paragraph && tagged(line))
        {
            self.unplaced.clear();
            for line in texts {
                let text = &line.block.text;
                if line.block.kind == Kind::Paragraph && tagged(line) {
                    let Some((ids, rest)) = loose::take_tag_lead(&text.rich, false) else {
                        continue;
                    };
                    self.begin(first_sentence(&rest), scope.section, Level::Other, None);
                    if let Some(open) = &mut self.open {
                        open.ids.absorb(ids);
                        open.fresh = false;
                    }
                    self.body(text, &rest);
                } else if self.open.is_some() {
                    self.body(text, &text.rich);
                } else {
                    self.skip(&text.plain);
                }
            }
            self.close();
        } else if is_list_of_items(&texts) {
            self.unplaced.clear();
            for line in texts {
                match line.block.kind {
                    Kind::Bullet(1) => self.begin_loose(
                        loose::read(&line.block.text, &self.outline.areas),
                        &scope,
                        Level::Bullet(1),
                        &line.block.text,
                    ),
                    Kind::Bullet(depth) if self.open.is_some() => {
                        let shown = bullet_line(depth - 1, &line.block.text.rich);
                        self.body(&line.block.text, &shown);
                    }
                    _ => {
                        self.close();
                        self.skip(&line.block.text.plain);
                    }
                }
            }
            self.close();
        } else {
            self.unplaced.clear();
            self.begin(self.outline.title.clone(), scope.section, Level::Other, None);
            for line in texts {
                self.body(&line.block.text, &line.block.text.rich);
            }
            self.close();
        }
    }
}

/// Whether a page's bullets are its items: nothing but an introduction stands before them, and no running text behind.
fn is_list_of_items(texts: &[&Line]) -> bool {
    let bullet = |line: &&Line| matches!(line.block.kind, Kind::Bullet(_));
    let introduces = |line: &&Line| {
        let bare = bare_words(&line.block.text.plain);
        let says = ["following", "enhancements", "release", "below", "new features"];
        line.block.text.plain.ends_with(':') || says.iter().any(|word| bare.contains(word))
    };
    let Some(first) = texts.iter().position(bullet) else {
        return false;
    };
    texts[..first].iter().all(introduces) && texts[first..].iter().all(bullet)
}
