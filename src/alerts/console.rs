//! The channel `console`: a few lines an event, on standard output.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use chrono_tz::Tz;

use super::NotSent;
use crate::model::message::{Envelope, ToldEvent};
use crate::store::outbox::MessageToSend;

/// Where a console channel writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output: the daemon's and the demo's own voice.
    Output,
    /// Standard error: beside a command's answer, which must stay readable for programs.
    Error,
}

/// Writes what it is sent.
#[derive(Clone)]
pub struct Console {
    out: Arc<Mutex<dyn Write + Send>>,
    zone: Tz,
    colour: bool,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console")
            .field("zone", &self.zone)
            .finish_non_exhaustive()
    }
}

impl Console {
    /// One of the process's own outputs; in colour only on a terminal, and not where `NO_COLOR` is set.
    pub fn at(stream: Stream, zone: Tz) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        match stream {
            Stream::Output => Self {
                out: Arc::new(Mutex::new(io::stdout())),
                zone,
                colour: wanted && io::stdout().is_terminal(),
            },
            Stream::Error => Self {
                out: Arc::new(Mutex::new(io::stderr())),
                zone,
                colour: wanted && io::stderr().is_terminal(),
            },
        }
    }

    /// Any writer, without colour.
    pub fn to(out: Arc<Mutex<dyn Write + Send>>, zone: Tz) -> Self {
        Self {
            out,
            zone,
            colour: false,
        }
    }

    /// Writes a message, on a thread of its own: a pipe that nobody empties must not hold up the other channels.
    ///
    /// # Errors
    /// [`NotSent::Passing`] where the writer fails: a closed pipe, a full disk.
    pub async fn send(&self, message: &MessageToSend) -> Result<(), NotSent> {
        let envelope: Envelope = serde_json::from_str(&message.body).map_err(|error| NotSent::Permanent {
            reason: format!("the message is damaged ({error})"),
        })?;
        let text: String = envelope.data.events.iter().map(|event| self.laid_out(event)).collect();
        let out = Arc::clone(&self.out);
        let written = tokio::task::spawn_blocking(move || {
            let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        });
        written
            .await
            .unwrap_or_else(|ended| Err(io::Error::other(ended)))
            .map_err(|error| NotSent::Passing {
                reason: format!("the output cannot be written ({error})"),
                retry_after: None,
            })
    }

    fn laid_out(&self, event: &ToldEvent) -> String {
        let local = event
            .detected_at
            .datetime()
            .with_timezone(&self.zone)
            .format("%Y-%m-%d %H:%M:%S %Z");
        let severity = self.painted(&event.severity);
        let mut text = format!("{local}  {severity}  {}\n", line(&event.title));
        for line in clean(&event.summary).lines().filter(|line| !line.trim().is_empty()) {
            text.push_str(&format!("    {}\n", line.trim_end()));
        }
        if let Some(link) = &event.link {
            text.push_str(&format!("    {}\n", line(link)));
        }
        text
    }

    fn painted(&self, severity: &str) -> String {
        let word = format!("{severity:<8}");
        let colour = match severity {
            "critical" => "1;31",
            "warning" => "33",
            "notice" => "36",
            _ => "2",
        };
        if self.colour {
            format!("\x1b[{colour}m{word}\x1b[0m")
        } else {
            word
        }
    }
}

/// Text from outside must not steer the terminal, nor turn the direction of what stands beside it.
fn clean(text: &str) -> String {
    let turns =
        |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .filter(|letter| *letter == '\n' || !(letter.is_control() || turns(*letter)))
        .collect()
}

/// The same, on one line: a line break would let it forge an event of its own.
fn line(text: &str) -> String {
    clean(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::message::{EnvelopeData, TYPE_EVENTS};
    use crate::model::moment::Moment;

    fn event(title: &str, summary: &str) -> ToldEvent {
        ToldEvent {
            id: 1,
            kind: "partner.deactivated".to_owned(),
            severity: "warning".to_owned(),
            institution: Some("01TUN_INST".to_owned()),
            watch: None,
            key: None,
            title: title.to_owned(),
            summary: summary.to_owned(),
            topics: Vec::new(),
            link: Some("https://example.org/notes".to_owned()),
            group: 1,
            occurred_at: None,
            detected_at: "2027-02-03T17:00:00Z".parse().unwrap(),
        }
    }

    fn message(event: ToldEvent) -> MessageToSend {
        let envelope = Envelope {
            kind: TYPE_EVENTS.to_owned(),
            id: "msg_1".to_owned(),
            timestamp: Moment::from_millis(0),
            data: EnvelopeData { events: vec![event] },
        };
        MessageToSend {
            row: 1,
            id: "msg_1".to_owned(),
            body: serde_json::to_string(&envelope).unwrap(),
            attempt: 1,
            first_attempt: Moment::from_millis(0),
            events: 1,
        }
    }

    async fn written(event: ToldEvent) -> String {
        let out: Arc<Mutex<Vec<u8>>> = Arc::default();
        Console::to(out.clone(), chrono_tz::America::New_York)
            .send(&message(event))
            .await
            .unwrap();
        String::from_utf8(out.lock().unwrap().clone()).unwrap()
    }

    #[tokio::test]
    async fn an_event_is_a_few_lines_in_the_consortiums_time() {
        insta::assert_snapshot!(written(event("Tufts: partner Boston College is now inactive", "It was active.")).await, @r"
        2027-02-03 12:00:00 EST  warning   Tufts: partner Boston College is now inactive
            It was active.
            https://example.org/notes
        ");
    }

    /// Blocks whoever writes until the test lets go.
    struct Stalled(std::sync::mpsc::Receiver<()>);

    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn an_output_that_nobody_empties_holds_up_nobody_else() {
        let (let_go, stalled) = std::sync::mpsc::channel();
        let console = Console::to(Arc::new(Mutex::new(Stalled(stalled))), chrono_tz::America::New_York);
        let message = message(event("a", "b"));
        // Both run on one thread: this ends only if waiting for the output leaves it free.
        let (sent, ()) = tokio::join!(console.send(&message), async {
            let_go.send(()).unwrap();
        });
        assert_eq!(sent, Ok(()));
    }

    #[tokio::test]
    async fn text_from_outside_cannot_steer_the_terminal() {
        let text = written(event("a\x1b[2Jb\rc", "d\x07e")).await;
        assert!(!text.contains(['\x1b', '\r', '\x07']), "{text:?}");
        let text = written(event("a\nb\u{202e}c", "d\u{2066}e")).await;
        assert!(!text.contains(['\u{202e}', '\u{2066}']), "{text:?}");
        assert!(text.lines().next().unwrap().ends_with("  a bc"), "{text:?}");
        assert_eq!(text.lines().count(), 3, "{text:?}");
    }
}
