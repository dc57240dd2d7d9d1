//! tmp
use order_book::*;
use plain_order_book::*;
#[inline(never)]
fn drive(flow: &[Message], book: &mut OrderBook) -> u64 {
    let mut sum = 0u64;
    for m in flow {
        m.apply(book, &mut |e| {
            sum = sum.wrapping_add(match e {
                Event::Traded { quantity, .. } => quantity.0,
                Event::Rested { quantity, .. } => quantity.0,
                _ => 1,
            })
        });
    }
    sum
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let i: usize = a[1].parse().unwrap();
    let n: usize = a[2].parse().unwrap();
    let r: usize = a[3].parse().unwrap();
    let flow = if a.len() > 4 { Scattered::ALL[i].flow(n) } else { Day::ALL[i].flow(n) };
    let mut best = vec![f64::MAX; flow.messages.len().div_ceil(10_000)];
    for _ in 0..r {
        let mut book = OrderBook::default();
        book.reserve(50_000, 2_000);
        for (c, b) in flow.messages.chunks(10_000).zip(&mut best) {
            let t = std::time::Instant::now();
            std::hint::black_box(drive(c, &mut book));
            *b = b.min(t.elapsed().as_secs_f64());
        }
    }
    let best: f64 = best.iter().sum();
    println!(
        "{} {:.1} M/s {:.1} ns",
        flow.name,
        flow.messages.len() as f64 / best / 1e6,
        best * 1e9 / flow.messages.len() as f64
    );
}
