//! A target behind TLS.

use crate::bed::Bed;
use crate::secure::secure_target;

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_judged_as_the_system_does() {
    let bed = Bed::with_entries(50, 5).await;
    let (target, authority) = secure_target().await;
    std::fs::write(bed.path("authority.pem"), authority).unwrap();
    let trusting = [("SSL_CERT_FILE", bed.path("authority.pem"))];
    let run = bed.start_with(&target, "--max --connections 4", &trusting).finish().await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    assert_eq!(run.report()["requests"]["succeeded"], 50);

    let run = bed.run(&target, "--max --retries 0").await;
    assert_eq!(run.code, Some(1), "{}", run.told());
    assert!(run.stderr.contains("gave up on entry"), "{}", run.told());
    assert!(run.stderr.contains("certificate"), "{}", run.told());
}
