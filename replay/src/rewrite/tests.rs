//! The whole of it, on the file that is shipped.

use traffic_archive::Body;

use super::signing::{Algorithm, Encoding};
use super::*;

const EXAMPLE: &str = include_str!("../../rewrite.example.toml");

fn rewriter(text: &str) -> Result<Rewriter, RewriteError> {
    let variable = |name: &str| Some(format!("<{name}>"));
    let mut rewriter = Rewriter::parse(text, Uuid::nil().into(), Uuid::nil(), &variable)?;
    rewriter.now = || Timestamp::from_millisecond(1_700_000_000_123).expect("a time");
    Ok(rewriter)
}

fn example() -> Rewriter {
    rewriter(EXAMPLE).unwrap()
}

fn request(method: &str, path: &str, user: &str) -> Exchange {
    Exchange {
        key: "market/1".to_owned(),
        headers: vec![
            ("x-api-key".to_owned(), user.to_owned()),
            ("cookie".to_owned(), "a=b".to_owned()),
            ("accept".to_owned(), "*/*".to_owned()),
        ],
        ..Exchange::new(Timestamp::UNIX_EPOCH, method, path)
    }
}

fn answer(body: &str, location: Option<&str>) -> Response {
    let location = location.map(|path| ("location".to_owned(), path.to_owned()));
    let headers = location.into_iter().collect();
    Response { status: 202, headers, body: body.into(), elapsed_us: None }
}

fn rewritten(rewriter: &mut Rewriter, request: &Exchange) -> Exchange {
    rewriter.rewrite(Sequence::FIRST, request).unwrap()
}

#[test]
fn users_get_their_own_credentials() {
    let mut rewriter = example();
    let alice = rewritten(&mut rewriter, &request("GET", "/api/v3/order?a=1", "alice"));
    assert_eq!(alice.header("X-API-Key"), Some("staging-alice"));
    assert_eq!(alice.header("Authorization"), Some("Bearer <ALICE_TOKEN>"));
    let other = rewritten(&mut rewriter, &request("GET", "/api/v3/order?a=1", "bob"));
    assert_eq!(other.header("X-API-Key"), Some("staging-anybody"));
    assert_eq!(other.header("Authorization"), None);
}

#[test]
fn headers_are_removed_set_and_left() {
    let sent = rewritten(&mut example(), &request("GET", "/", "alice"));
    assert_eq!(sent.header("cookie"), None);
    assert_eq!(sent.header("X-Environment"), Some("staging"));
    assert_eq!(sent.header("accept"), Some("*/*"));
    let key = format!("{}-1", Uuid::nil());
    assert_eq!(sent.header("idempotency-key"), Some(key.as_str()));
}

#[test]
fn a_signature_covers_what_is_sent() {
    let recorded = request("GET", "/api/v3/order?timestamp=1&signature=old&x=1", "alice");
    let sent = rewritten(&mut example(), &recorded);
    let message = b"x=1&timestamp=1700000000123";
    let signed = Algorithm::HmacSha256.sign(b"<ALICE_SECRET>", message, Encoding::Hex);
    let expected = format!("/api/v3/order?x=1&timestamp=1700000000123&signature={signed}");
    assert_eq!(sent.path, expected);
}

#[test]
fn later_requests_of_the_key_use_the_ids_of_the_answers() {
    let mut rewriter = example();
    let mut placed = request("POST", "/api/v3/order", "alice");
    placed.response = Some(answer(r#"{"orderId":17}"#, None));
    rewriter.learn(&placed, &answer(r#"{"orderId":99}"#, None));

    let mut cancel = request("DELETE", "/api/v3/order/17?orderId=17", "alice");
    cancel.body = Body::from(r#"{"orderId": 17, "quantity": 17}"#);
    let sent = rewritten(&mut rewriter, &cancel);
    assert!(sent.path.starts_with("/api/v3/order/99?orderId=99&"), "{}", sent.path);
    assert_eq!(sent.body.text(), Some(r#"{"orderId": 99, "quantity": 17}"#));

    let other = Exchange { key: "market/2".to_owned(), ..cancel };
    let sent = rewritten(&mut rewriter, &other);
    assert!(sent.path.starts_with("/api/v3/order/17?orderId=17&"), "{}", sent.path);
    assert_eq!(rewriter.tally(), Tally { learned: 1, replaced: 3, freshened: 0, missed: 0 });
}

#[test]
fn an_id_may_come_in_the_location() {
    let mut rewriter = example();
    let mut placed = request("POST", "/api/Order", "alice");
    placed.response = Some(answer("", Some("/api/Orders/old")));
    rewriter.learn(&placed, &answer("", Some("http://staging/api/Orders/new")));
    let sent = rewritten(&mut rewriter, &request("GET", "/api/Orders/old", "alice"));
    assert!(sent.path.starts_with("/api/Orders/new?"), "{}", sent.path);
    rewriter.learn(&placed, &answer("refused", None));
    assert_eq!(rewriter.tally().missed, 1);
}

#[test]
fn ids_of_clients_are_fresh_and_the_same_all_through_a_run() {
    let mut place = request("POST", "/api/v3/order", "alice");
    place.body = Body::from(r#"{"clientOrderId":"mine"}"#);
    let query = request("GET", "/api/v3/order?origClientOrderId=mine", "alice");
    let mut rewriter = example();
    let placed = rewritten(&mut rewriter, &place);
    let fresh = Uuid::new_v5(&Uuid::nil(), b"mine");
    let body = format!(r#"{{"clientOrderId":"{fresh}"}}"#);
    assert_eq!(placed.body.text(), Some(body.as_str()));
    let queried = rewritten(&mut rewriter, &query);
    assert!(queried.path.contains(&format!("origClientOrderId={fresh}&")), "{}", queried.path);
}

#[test]
fn the_target_is_told() {
    assert_eq!(example().target().unwrap().to_string(), "http://127.0.0.1:8000");
    assert!(example().learns());
    let empty = rewriter("").unwrap();
    assert!(empty.target().is_none() && !empty.learns());
}

#[test]
fn an_empty_file_changes_nothing() {
    let recorded = request("GET", "/a?b=c", "alice");
    assert_eq!(rewritten(&mut rewriter("").unwrap(), &recorded), recorded);
}

#[test]
fn mistakes_are_told() {
    let told = |text: &str| rewriter(text).unwrap_err().to_string();
    assert!(told("targett = 'x'").contains("unknown field `targett`"));
    assert!(told("target = 'x'").contains("begins with neither"));
    assert!(told("[user]\nat = 'cookie'").contains("`cookie` is no place"));
    let nowhere = "[signing]\nmessage = '{body}'\nput = 'path'";
    assert!(told(nowhere).contains("a signature is put into"));
    let no_path = "[[ids]]\nname = 'a'\non = 'POST'\nrecorded = 'location'\nused = []";
    assert!(told(no_path).contains("expected a method and a path"));
    let no_answer = "[[ids]]\nname = 'a'\non = 'POST /a'\nrecorded = 'path'\nused = []";
    assert!(told(no_answer).contains("an answer has location"), "{}", told(no_answer));
    assert!(told("[user]\nat = 'path'").contains("it is read from"));
    assert!(told("[fresh]\nat = ['location']").contains("a request has path"));
    assert!(told("[headers.set]\n'a b' = 'c'").contains("\"a b\" is no name of a header"));
    assert!(told("[headers]\nremove = ['']").contains("\"\" is no name of a header"));
    let twice = "[[credentials]]\nuser = 'a'\n[[credentials]]\nuser = 'a'";
    assert!(told(twice).contains("user \"a\" has credentials twice"));
    assert!(told("not = [toml").contains("line 1"), "{}", told("not = [toml"));
}

#[test]
fn a_request_that_can_not_be_signed_is_an_error() {
    let mut rewriter = rewriter("[signing]\nmessage = '{body}'\nput = 'header:X-Sign'").unwrap();
    let error = rewriter.rewrite(Sequence::FIRST, &request("GET", "/", "bob")).unwrap_err();
    assert!(matches!(error, RewriteError::NoSecret(_)), "{error}");
}

#[test]
fn secrets_are_not_shown() {
    assert!(!format!("{:?}", example()).contains("SECRET"));
}
