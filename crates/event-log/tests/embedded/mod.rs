//! What only the embedded log must do.

mod damage;
mod disk;
mod model;
mod processes;
mod removed;
mod retention;
mod schema;

/// Letters and digits that can't be packed, the same for the same `seed`.
fn noise(mut seed: u64, length: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::iter::repeat_with(|| {
        // Knuth's MMIX generator; its high bits are the good ones.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(LETTERS[(seed >> 58) as usize])
    })
    .take(length)
    .collect()
}
