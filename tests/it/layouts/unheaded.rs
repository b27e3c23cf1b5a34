//! Items that stand under no heading of their own: bullets and rows of tables.

use super::annual::{KINDS, Page};
use super::content::{Block, Draft, Inline, Month};
use super::dice::Dice;
use super::markup::month_name;

/// How the items of a section are set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Headed,
    Bullets(Bullet),
    Rows(Columns),
}

/// How a bullet that is an item begins and ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bullet {
    BoldMeta,
    IdsFirst,
    IdsLast,
    Lead,
    MetaParagraph,
    Plain,
}

/// The columns of a table whose rows are items.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Columns {
    IdAreaText,
    MonthAreaText,
    AreaSummaryId,
}

/// How the sections of a page are set, in the order of [`KINDS`].
pub fn forms(dice: &mut Dice) -> [Form; 4] {
    use Bullet::{BoldMeta, IdsFirst, IdsLast, Lead, MetaParagraph, Plain};
    use Columns::{AreaSummaryId, IdAreaText, MonthAreaText};
    let bullets = |dice: &mut Dice| {
        Form::Bullets(dice.pick(&[BoldMeta, BoldMeta, IdsFirst, IdsLast, Lead, MetaParagraph, Plain]))
    };
    let additional = if dice.chance(25) { bullets(dice) } else { Form::Headed };
    let resolved = match dice.below(100) {
        0..45 => bullets(dice),
        45..70 => Form::Rows(dice.pick(&[IdAreaText, MonthAreaText, AreaSummaryId])),
        _ => Form::Headed,
    };
    let note = if dice.chance(30) {
        Form::Headed
    } else {
        Form::Bullets(dice.pick(&[Lead, Plain, Plain]))
    };
    [Form::Headed, additional, resolved, note]
}

impl Page<'_> {
    fn remark(&mut self, kind: usize) -> Draft {
        let heading = self.fresh_heading();
        Draft::remark(self.pen.dice, heading, kind == 3)
    }

    pub fn bullet(&mut self, kind: usize, bullet: Bullet, month: Option<Month>) {
        let mut draft = self.remark(kind);
        let mut meta = Draft::remark(&mut Dice::new(0), String::new(), false);
        self.meta(&mut meta, month);
        match bullet {
            Bullet::BoldMeta | Bullet::MetaParagraph => {
                (draft.month, draft.area, draft.ids) = (meta.month, meta.area, meta.ids);
            }
            Bullet::IdsFirst | Bullet::IdsLast => draft.ids = meta.ids,
            Bullet::Lead | Bullet::Plain => {}
        }
        let ids = draft.ids.join(", ");
        let line = [
            draft.month.map(month_name).unwrap_or_default(),
            draft.area.clone().unwrap_or_default(),
            draft.ids.join(" "),
        ]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
        let (first, rest) = split(&draft.blocks);
        let pen = &mut self.pen;
        pen.open("li", "issue");
        match bullet {
            Bullet::BoldMeta if !line.is_empty() => {
                pen.raw("<strong>");
                pen.text(&line);
                pen.raw("</strong><br>");
                pen.inline(&first);
            }
            Bullet::MetaParagraph if !line.is_empty() => {
                pen.element("p", "meta", &line);
                pen.open("p", "text");
                pen.inline(&first);
                pen.close("p");
            }
            Bullet::IdsFirst if !ids.is_empty() => {
                pen.raw(&format!("{ids}: "));
                pen.inline(&first);
            }
            Bullet::IdsLast if !ids.is_empty() => {
                pen.inline(&first);
                pen.raw(&format!(" ({ids})"));
            }
            Bullet::Lead => {
                pen.raw("<b>");
                pen.text(&draft.heading);
                pen.raw("</b> \u{2013} ");
                pen.inline(&first);
            }
            _ => pen.inline(&first),
        }
        pen.blocks(&rest, 6);
        pen.close("li");
        if bullet != Bullet::Lead {
            draft.heading = opening(&draft);
        }
        self.expected.push(draft.expected(KINDS[kind], false, month));
    }

    pub fn rows(&mut self, kind: usize, columns: Columns, count: usize, month: Option<Month>) {
        let head: &[&str] = match columns {
            Columns::IdAreaText => &["ID", "Area", "Description"],
            Columns::MonthAreaText => &["Release", "Area", "Description"],
            Columns::AreaSummaryId => &["Area", "Summary", "Issue"],
        };
        let in_head = self.pen.dice.chance(70);
        self.pen.open("table", "issues");
        if in_head {
            self.pen.raw("<thead><tr>");
            for name in head {
                self.pen.element("th", "head", name);
            }
            self.pen.raw("</tr></thead><tbody>");
        } else {
            self.pen.raw("<tbody><tr>");
            for name in head {
                self.pen.raw(&format!("<td><strong>{name}</strong></td>"));
            }
            self.pen.raw("</tr>");
        }
        for _ in 0..count {
            let mut draft = self.remark(kind);
            draft.blocks.truncate(1);
            let kept = draft.body_text();
            draft.words.retain(|word| kept.contains(word.as_str()));
            self.meta(&mut draft, month);
            if columns != Columns::MonthAreaText {
                draft.month = None;
            } else {
                draft.ids.clear();
            }
            draft.heading = opening(&draft);
            let (first, _) = split(&draft.blocks);
            let area = draft.area.clone().unwrap_or_default();
            let ids = draft.ids.join(" ");
            let release = draft.month.map(month_name).unwrap_or_default();
            self.pen.open("tr", "issue");
            let cells: [Option<&str>; 3] = match columns {
                Columns::IdAreaText => [Some(&ids), Some(&area), None],
                Columns::MonthAreaText => [Some(&release), Some(&area), None],
                Columns::AreaSummaryId => [Some(&area), None, Some(&ids)],
            };
            for cell in cells {
                self.pen.open("td", "cell");
                match cell {
                    Some("") => self.pen.raw("&nbsp;"),
                    Some(text) => self.pen.text(text),
                    None => self.pen.inline(&first),
                }
                self.pen.close("td");
            }
            self.pen.close("tr");
            self.expected.push(draft.expected(KINDS[kind], false, month));
        }
        self.pen.raw("</tbody></table>");
    }
}

/// The first paragraph, and what comes after it.
fn split(blocks: &[Block]) -> (Vec<Inline>, Vec<Block>) {
    match blocks.split_first() {
        Some((Block::Para(line), rest)) => (line.clone(), rest.to_vec()),
        _ => (Vec::new(), blocks.to_vec()),
    }
}

/// The first words of an item without a heading.
pub fn opening(draft: &Draft) -> String {
    draft.body_text().split(' ').take(6).collect::<Vec<_>>().join(" ")
}
