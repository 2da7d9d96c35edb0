use std::time::Duration;

use futures_util::future::join_all;

use super::apple::{Apple, SCHOOL, number, read};

#[tokio::test]
async fn fifteen_within_a_second_and_then_no_more() {
    let apple =
        Apple::with(&SCHOOL.replace("limits: { maxRequestPerSecond: 100000 }", ""), |_| ()).await;
    for nth in 0..15 {
        assert_eq!(apple.refused("assets").await, (0, 200), "request {nth}");
    }
    assert_eq!(apple.refused("assets").await, (9646, 429));
    assert_eq!(apple.refused("users").await, (9646, 429), "one location, one bucket");
    let (status, _) = read(apple.raw("GET", "service/config")).await;
    assert_eq!(status, 200, "nobody's request counts for nobody");
    assert_eq!(apple.sandbox.requests().iter().filter(|one| one.status == 429).count(), 2);
}

#[tokio::test]
async fn five_at_the_same_time_and_no_more() {
    let apple = Apple::with(SCHOOL, |o| o.latency = Duration::from_millis(100)).await;
    let answers = join_all((0..9).map(|_| apple.get("assets"))).await;
    let refused = answers.iter().filter(|(status, body)| *status == 429 && number(body) == 9646);
    assert_eq!(refused.count(), 4);
    assert_eq!(apple.sandbox.requests().iter().map(|one| one.at_once).max(), Some(5));
    assert_eq!(apple.refused("assets").await, (0, 200));
}
