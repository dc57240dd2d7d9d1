//! Whatever interrupts a rebuild, it can be run again, or goes on by itself.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Client, House, Profile, SmallDisk};

use crate::{PATIENCE, ended, fill, projected, rebuild};

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_was_killed_goes_on_where_it_was() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    // Many small transactions, so that a kill falls between two of them.
    let house = house.with("SERIATIM_PROJECTOR__BATCH_RECORDS", "1");
    fill(&house, 1_000).await;
    let events = projected(&house, 1);
    let mut killed = house.tool("order-processor");
    killed.args(["rebuild", "--diff", "--json"]).stdout(Stdio::null());
    let mut killed = killed.spawn().expect("order-processor starts");
    let began = Instant::now();
    while projected(&house, 2) < 50 {
        assert!(began.elapsed() < PATIENCE, "the second generation is being filled");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    killed.kill().expect("it can be killed");
    killed.wait().expect("it can be waited for");
    let before = projected(&house, 2);

    let found = ended(&rebuild(&Arc::new(house), &[]).await, 0);
    assert_eq!((&found["live"], &found["same"]), (&json!(2), &json!(true)), "{found}");
    assert_eq!(found["events"], json!(events - before), "only what was missing: {found}");
}

/// Whatever it was at: filling, comparing, switching. It is let live longer and longer, until it comes to its
/// end.
#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_may_be_killed_at_any_moment() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let house = Arc::new(house.with("SERIATIM_PROJECTOR__BATCH_RECORDS", "5"));
    fill(&house, 300).await;
    let mut pause = Duration::from_millis(10);
    let mut times = 0;
    loop {
        let mut rebuilding = begin(&house, &[]);
        tokio::time::sleep(pause).await;
        if rebuilding.try_wait().expect("it can be waited for").is_some_and(|ended| ended.success())
        {
            break;
        }
        rebuilding.kill().expect("it can be killed");
        rebuilding.wait().expect("it can be waited for");
        times += 1;
        pause = pause.mul_f64(1.3);
        let listed = ended(&rebuild(&house, &["--list"]).await, 0);
        let live = listed.as_array().unwrap().iter().filter(|one| one["state"] == "live").count();
        assert_eq!(live, 1, "{listed}");
    }
    assert!(times > 0, "it was killed at least once");
    let found = ended(&rebuild(&house, &[]).await, 0);
    assert_eq!((&found["same"], &found["switched"]), (&json!(true), &json!(true)), "{found}");
    ended(&rebuild(&house, &["--drop-old"]).await, 0);
    let running = house.start();
    assert_eq!(Client::of(running.url()).all_orders().await.len(), 300);
    running.stop();
}

/// It waits for room, and goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_waited_for() {
    let house = House::new(Profile::Embedded).expect("the embedded profile is always there");
    let small = house.data_dir().join("small");
    std::fs::create_dir(&small).expect("a folder");
    let Some(disk) = SmallDisk::mount(&small, 64) else { return };
    let store = format!("sqlite:{}", small.join("store.sqlite").display());
    let house = Arc::new(house.with("SERIATIM_STORE", &store).with("RUST_LOG", "warn"));
    fill(&house, 100).await;
    let filler = fill_up(&small);
    let mut rebuilding = begin(&house, &[]);
    let stderr = BufReader::new(rebuilding.stderr.take().expect("stderr is piped"));
    let waits = tokio::task::spawn_blocking(move || {
        let mut lines = stderr.lines().map_while(Result::ok);
        let waits = lines.any(|line| line.contains("waiting for the store"));
        std::fs::remove_file(filler).expect("the filler is removed");
        // Until it ends, so that it can go on writing.
        lines.for_each(drop);
        waits
    });
    assert!(waits.await.expect("it does not panic"), "it says that it waits");
    let ended_with = rebuilding.wait().expect("it can be waited for");
    assert!(ended_with.success(), "{ended_with}");
    let found = ended(&rebuild(&house, &["--diff"]).await, 0);
    assert_eq!((&found["live"], &found["same"]), (&json!(2), &json!(true)), "{found}");
    // Before the folder that it is mounted in.
    drop(disk);
}

/// Takes all the room that there is.
fn fill_up(folder: &Path) -> PathBuf {
    use std::io::Write as _;
    let path = folder.join("filler");
    let mut file = std::fs::File::create(&path).expect("a file");
    for size in [1 << 20, 1 << 12] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    path
}

/// A server that was killed may have lost its newest transactions: what was filled of them is filled again.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_killed_and_comes_back_is_waited_for() {
    let Some(house) = House::new(Profile::Distributed) else { return };
    let house = Arc::new(house.with("SERIATIM_PROJECTOR__BATCH_RECORDS", "1"));
    fill(&house, 500).await;
    let mut rebuilding = begin(&house, &[]);
    let began = Instant::now();
    loop {
        let listed = ended(&rebuild(&house, &["--list"]).await, 0);
        if listed.as_array().unwrap().len() == 2 {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "the second generation is begun");
    }
    house.services().kill("postgres");
    tokio::time::sleep(Duration::from_millis(300)).await;
    house.services().start_again("postgres");
    let stopped = tokio::task::spawn_blocking(move || rebuilding.wait()).await;
    let stopped = stopped.expect("it does not panic").expect("it can be waited for");
    assert!(stopped.success(), "{stopped}");
    let found = ended(&rebuild(&house, &["--diff"]).await, 0);
    assert_eq!((&found["live"], &found["same"]), (&json!(2), &json!(true)), "{found}");
}

/// A rebuild that runs by itself.
fn begin(house: &House, arguments: &[&str]) -> Child {
    let mut command = house.tool("order-processor");
    command.arg("rebuild").args(arguments).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("order-processor starts")
}
