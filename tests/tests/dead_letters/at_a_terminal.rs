//! The desk as a person sees it: it asks, shows how far it is, and gives the terminal back.

use event_log::LogSettings;
use tests::{House, Profile, Terminal};

use crate::desk::Desk;
use crate::letters::{sent, write_dead_letters};

/// So many that a redrive takes minutes at its rate.
const LETTERS: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_asks_shows_how_far_it_is_and_is_stopped_by_ctrl_c() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = house.with("SERIATIM_TOPICS__PARTITIONS", "2");
    house.start().stop();
    let log = event_log::open(&LogSettings::new(house.log_url())).await.unwrap();
    write_dead_letters(log.as_ref(), LETTERS).await;

    let mut terminal = Terminal::run(&house, "diagnostics", "dlt redrive --rate 50/s");
    terminal.wait_until(|screen| screen.contains("Send 10,000 dead letters? [y/N]")).await;
    assert_eq!(sent(log.as_ref()).await, 0, "nobody has agreed yet");
    terminal.types("y\n");
    terminal.wait_until(|screen| screen.lines().any(is_under_way)).await;
    terminal.types("\u{3}");
    let screen = terminal.ends_as_it_began(1).await;
    assert!(screen.contains("stopped before the end; "), "{screen}");
    let sent = sent(log.as_ref()).await;
    assert!(0 < sent && sent < LETTERS as u64, "{sent}");
    let desk = Desk(&house);
    let states = ["waiting", "redriven", "in-doubt"].map(|state| desk.count(state));
    assert_eq!(states, [LETTERS as u64 - sent, sent, 0], "what was begun was finished");
    log.close().await;

    let terminal = Terminal::run(&house, "diagnostics", "dlt redrive --yes --rate max");
    let screen = terminal.ends_as_it_began(0).await;
    assert!(screen.contains(" dead letters sent"), "{screen}");
}

/// `redrive ━━━ 100/10,000 (1 %) ...`, once something was sent.
fn is_under_way(line: &str) -> bool {
    line.contains("redrive ") && line.contains("/10,000 (") && !line.contains(" 0/10,000 (")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_of_ten_columns_is_no_reason_to_fail() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = house.with("SERIATIM_TOPICS__PARTITIONS", "2");
    house.start().stop();
    let log = event_log::open(&LogSettings::new(house.log_url())).await.unwrap();
    write_dead_letters(log.as_ref(), 300).await;
    let redrive = "dlt redrive --yes --rate 200/s";
    Terminal::sized(&house, "diagnostics", redrive, [4, 10]).ends_as_it_began(0).await;
    assert_eq!(sent(log.as_ref()).await, 300);
    log.close().await;
    for arguments in ["dlt list", "dlt list --by-cause", "check"] {
        Terminal::sized(&house, "diagnostics", arguments, [4, 10]).ends_as_it_began(0).await;
    }
    let mut top = Terminal::sized(&house, "diagnostics", "top --every 100ms", [4, 10]);
    top.wait_until(|screen| screen.contains("part") || screen.contains("log ")).await;
    top.types("q");
    top.ends_as_it_began(0).await;
}
