//! What a member does to the groups' file, each in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use order_domain::Partition;
use rusqlite::{Connection, OptionalExtension, params};

use super::shares::shares;
use super::{Place, REVOCATION_TIMEOUT, SESSION_TIMEOUT};

/// What a turn found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What the member was told it owns, and no longer does.
    pub lost: Vec<u32>,
    /// What the member owns, and was not told yet. Empty while something is lost: what is lost may
    /// have been another's since, so it can't be got back before the member knows.
    pub gained: Vec<u32>,
    /// Whether the others should look.
    pub changed: bool,
}

/// Takes the place in the group and answers the number of this incarnation.
pub fn join(t: &Connection, place: &Place, now_ms: i64) -> rusqlite::Result<i64> {
    let before = incarnation(t, place)?.unwrap_or_default();
    let incarnation = now_ms.max(before + 1);
    renew(t, place, incarnation, now_ms)?;
    // What the previous incarnation was asked for, it will never release.
    t.prepare_cached(
        "delete from share
         where group_id = ? and topic = ? and owner = ? and revoked is not null",
    )?
    .execute(params![place.group, place.topic, place.member])?;
    Ok(incarnation)
}

/// A member's turn; nothing where another incarnation has taken its place.
pub fn take(
    t: &Connection,
    place: &Place,
    own_incarnation: i64,
    owned: &BTreeSet<u32>,
    now_ms: i64,
) -> rusqlite::Result<Option<Outcome>> {
    if incarnation(t, place)?.is_some_and(|found| found != own_incarnation) {
        return Ok(None);
    }
    // Counts as a change where the lease had run out and somebody has cleared the place away.
    let mut changed = renew(t, place, own_incarnation, now_ms)?;
    changed |= clear_away(t, place, now_ms)?;

    let mut group = load(t, place)?;
    let of_all = group.active.clone();
    let target = shares(&group.members, &of_all, place.partitions);
    let is_mine = |partition: &u32| target.get(partition).is_some_and(|o| *o == place.member);

    for partition in group.active_of(&place.member) {
        if !is_mine(&partition) {
            revoke(t, place, partition, now_ms)?;
            group.active.remove(&partition);
            group.revoked.insert(partition);
            changed = true;
        }
    }
    let still_mine: BTreeSet<u32> = group.active_of(&place.member).into_iter().collect();
    let lost: Vec<u32> = owned.difference(&still_mine).copied().collect();
    if !lost.is_empty() {
        return Ok(Some(Outcome { lost, gained: Vec::new(), changed }));
    }
    let mut gained: Vec<u32> = still_mine.difference(owned).copied().collect();
    for partition in (0..place.partitions).filter(|p| is_mine(p) && group.is_free(*p)) {
        claim(t, place, partition)?;
        gained.push(partition);
        changed = true;
    }
    Ok(Some(Outcome { lost: Vec::new(), gained, changed }))
}

/// Gives up partitions that were revoked, and answers how many.
pub fn release(
    t: &Connection,
    place: &Place,
    own_incarnation: i64,
    partitions: &[Partition],
) -> rusqlite::Result<usize> {
    if incarnation(t, place)? != Some(own_incarnation) {
        return Ok(0);
    }
    let mut delete = t.prepare_cached(
        "delete from share where group_id = ? and topic = ? and partition = ? and owner = ?
         and revoked is not null",
    )?;
    partitions.iter().try_fold(0, |released, partition| {
        let row = params![place.group, place.topic, partition.0, place.member];
        Ok(released + delete.execute(row)?)
    })
}

/// Gives up the place and all that goes with it.
pub fn leave(t: &Connection, place: &Place, own_incarnation: i64) -> rusqlite::Result<()> {
    if incarnation(t, place)? != Some(own_incarnation) {
        return Ok(());
    }
    let own = params![place.group, place.topic, place.member];
    t.prepare_cached("delete from member where group_id = ? and topic = ? and member = ?")?
        .execute(own)?;
    t.prepare_cached("delete from share where group_id = ? and topic = ? and owner = ?")?
        .execute(own)?;
    Ok(())
}

/// A group's members and what they have.
struct Group {
    /// Sorted.
    members: Vec<String>,
    /// Owners of what nobody asked back.
    active: BTreeMap<u32, String>,
    /// What was asked back and is not released yet.
    revoked: BTreeSet<u32>,
}

impl Group {
    fn active_of(&self, member: &str) -> Vec<u32> {
        let own = self.active.iter().filter(|(_, owner)| *owner == member);
        own.map(|(partition, _)| *partition).collect()
    }

    fn is_free(&self, partition: u32) -> bool {
        !self.active.contains_key(&partition) && !self.revoked.contains(&partition)
    }
}

fn load(t: &Connection, place: &Place) -> rusqlite::Result<Group> {
    let of_group = params![place.group, place.topic];
    let members = t
        .prepare_cached(
            "select member from member where group_id = ? and topic = ? order by member",
        )?
        .query_map(of_group, |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut group = Group { members, active: BTreeMap::new(), revoked: BTreeSet::new() };
    let mut select = t.prepare_cached(
        "select partition, owner, revoked is not null from share where group_id = ? and topic = ?",
    )?;
    let mut rows = select.query(of_group)?;
    while let Some(row) = rows.next()? {
        if row.get(2)? {
            group.revoked.insert(row.get(0)?);
        } else {
            group.active.insert(row.get(0)?, row.get(1)?);
        }
    }
    Ok(group)
}

fn incarnation(t: &Connection, place: &Place) -> rusqlite::Result<Option<i64>> {
    t.prepare_cached(
        "select incarnation from member where group_id = ? and topic = ? and member = ?",
    )?
    .query_row(params![place.group, place.topic, place.member], |row| row.get(0))
    .optional()
}

/// Renews the lease; says whether the member had to be entered anew.
fn renew(
    t: &Connection,
    place: &Place,
    own_incarnation: i64,
    now_ms: i64,
) -> rusqlite::Result<bool> {
    let anew = incarnation(t, place)?.is_none();
    let expires = now_ms + milliseconds(SESSION_TIMEOUT);
    t.prepare_cached("insert or replace into member values (?, ?, ?, ?, ?)")?.execute(params![
        place.group,
        place.topic,
        place.member,
        own_incarnation,
        expires
    ])?;
    Ok(anew)
}

/// Removes members whose lease ran out, what they had, and what was not released in time.
fn clear_away(t: &Connection, place: &Place, now_ms: i64) -> rusqlite::Result<bool> {
    let (group, topic) = (&place.group, &place.topic);
    let mut removed = t
        .prepare_cached("delete from member where group_id = ? and topic = ? and expires < ?")?
        .execute(params![group, topic, now_ms])?;
    removed += t
        .prepare_cached(
            "delete from share where group_id = ?1 and topic = ?2 and owner not in
             (select member from member where group_id = ?1 and topic = ?2)",
        )?
        .execute(params![group, topic])?;
    removed += t
        .prepare_cached("delete from share where group_id = ? and topic = ? and revoked < ?")?
        .execute(params![group, topic, now_ms - milliseconds(REVOCATION_TIMEOUT)])?;
    Ok(removed > 0)
}

fn revoke(t: &Connection, place: &Place, partition: u32, now_ms: i64) -> rusqlite::Result<usize> {
    t.prepare_cached(
        "update share set revoked = ? where group_id = ? and topic = ? and partition = ?",
    )?
    .execute(params![now_ms, place.group, place.topic, partition])
}

fn claim(t: &Connection, place: &Place, partition: u32) -> rusqlite::Result<usize> {
    t.prepare_cached("insert into share values (?, ?, ?, ?, null)")?.execute(params![
        place.group,
        place.topic,
        partition,
        place.member
    ])
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
