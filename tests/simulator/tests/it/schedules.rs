//! Subscription schedules: phases that follow one another, and what comes after the last.

use crate::caller::{KEY, call_with};
use crate::stage::{DAY, HOUR, START, same_set};
use crate::subscriber::{Subscriber, text};
use counterfoil_simulator::{Card, DunningEnd, Rules};
use serde_json::{Value, json};

const SCHEDULES: &str = "/v1/subscription_schedules";

/// Two phases of one and of two months.
fn two_phases(of: &Subscriber) -> String {
    format!(
        "customer={}&start_date=now&phases[0][items][0][price]={}&phases[0][items][0][quantity]=2\
         &phases[0][duration][interval]=month&phases[1][items][0][price]={}\
         &phases[1][duration][interval]=month&phases[1][duration][interval_count]=2\
         &phases[1][metadata][plan]=bigger&phases[1][proration_behavior]=none",
        of.customer, of.stage.monthly, of.stage.bigger
    )
}

async fn begun(more: &str) -> (Subscriber, Value) {
    let mut of = Subscriber::nobody(Card::Good).await;
    let form = format!("{}&{more}", two_phases(&of));
    let schedule = of.post(SCHEDULES, &form).await;
    of.id = text(&schedule["subscription"]);
    (of, schedule)
}

async fn now(of: &Subscriber, schedule: &Value) -> Value {
    of.ask("GET", &format!("{SCHEDULES}/{}", text(&schedule["id"])), "").await
}

#[tokio::test]
async fn a_schedule_begins_moves_on_and_releases_its_subscription() {
    let (of, schedule) = begun("").await;
    assert_eq!(schedule["status"], "active");
    let first_end = START + 31 * 86_400;
    assert_eq!(schedule["current_phase"], json!({ "start_date": START, "end_date": first_end }));
    assert_eq!(schedule["phases"][1]["start_date"], first_end);
    assert_eq!(schedule["phases"][1]["end_date"], START + 90 * 86_400);
    assert_eq!((of.status().as_str(), &of.now()["schedule"]), ("active", &schedule["id"]));
    assert_eq!(of.invoice()["status"], "draft", "its first invoice begins as a draft");
    let kinds = of.pass(HOUR);
    assert!(kinds.contains(&"invoice.paid".to_owned()), "{kinds:?}");
    let kinds = of.pass(31 * DAY);
    assert!(kinds.contains(&"subscription_schedule.updated".to_owned()), "{kinds:?}");
    let held = of.now();
    assert_eq!(held["items"]["data"][0]["price"]["id"], json!(of.stage.bigger));
    assert_eq!(held["metadata"], json!({ "plan": "bigger" }));
    assert_eq!(of.invoice()["total"], 3_000);
    assert_eq!(now(&of, &schedule).await["current_phase"]["start_date"], first_end);
    let kinds = of.pass(51 * DAY + 23 * HOUR);
    assert!(kinds.contains(&"subscription_schedule.expiring".to_owned()), "{kinds:?}");
    let kinds = of.pass(7 * DAY);
    assert!(kinds.contains(&"subscription_schedule.released".to_owned()), "{kinds:?}");
    let ended = now(&of, &schedule).await;
    assert_eq!((&ended["status"], &ended["subscription"]), (&json!("released"), &json!(null)));
    assert_eq!(ended["released_subscription"], json!(of.id));
    assert_eq!(ended["current_phase"], json!(null));
    assert_eq!((of.status().as_str(), &of.now()["schedule"]), ("active", &json!(null)));
    assert_eq!(of.period().0, START + 90 * 86_400, "it renews by itself");
}

#[tokio::test]
async fn a_schedule_may_end_its_subscription() {
    let (of, schedule) = begun("end_behavior=cancel").await;
    of.pass(89 * DAY);
    let kinds = of.pass(DAY);
    for kind in ["subscription_schedule.completed", "customer.subscription.deleted"] {
        assert!(kinds.contains(&kind.to_owned()), "{kind} in {kinds:?}");
    }
    let ended = now(&of, &schedule).await;
    assert_eq!(
        (&ended["status"], &ended["completed_at"]),
        (&json!("completed"), &json!(START + 90 * 86_400))
    );
    assert_eq!(of.status(), "canceled");
    let (status, _) =
        of.refused("POST", &format!("{SCHEDULES}/{}", text(&schedule["id"])), "").await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_schedule_can_begin_later() {
    let mut of = Subscriber::nobody(Card::Good).await;
    let later = START + 10 * 86_400;
    let form = two_phases(&of).replace("start_date=now", &format!("start_date={later}"));
    let mark = of.mark();
    let schedule = of.post(SCHEDULES, &form).await;
    same_set(&of.kinds_since(mark), &["subscription_schedule.created"]);
    assert_eq!(
        (&schedule["status"], &schedule["subscription"]),
        (&json!("not_started"), &json!(null))
    );
    let scheduled = format!("{SCHEDULES}?scheduled=true");
    assert_eq!(of.ask("GET", &scheduled, "").await["data"][0]["id"], schedule["id"]);
    let kinds = of.pass(10 * DAY);
    for kind in ["customer.subscription.created", "subscription_schedule.updated"] {
        assert!(kinds.contains(&kind.to_owned()), "{kind} in {kinds:?}");
    }
    of.id = text(&now(&of, &schedule).await["subscription"]);
    assert_eq!(of.period().0, later);
    assert_eq!(of.ask("GET", &scheduled, "").await["data"], json!([]));
}

#[tokio::test]
async fn a_running_subscription_is_scheduled_and_changed_with_its_next_period() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(DAY);
    let mark = of.mark();
    let schedule = of.post(SCHEDULES, &format!("from_subscription={}", of.id)).await;
    let both = ["customer.subscription.updated", "subscription_schedule.created"];
    same_set(&of.kinds_since(mark), &both);
    let end = START + 31 * 86_400;
    assert_eq!(schedule["current_phase"], json!({ "start_date": START, "end_date": end }));
    assert_eq!(of.refused("POST", &of.path("/pause"), "").await.0, 400, "it is managed");
    let path = format!("{SCHEDULES}/{}", text(&schedule["id"]));
    let form = format!(
        "phases[0][items][0][price]={0}&phases[0][items][0][quantity]=2\
         &phases[0][start_date]={START}&phases[0][end_date]={end}\
         &phases[1][items][0][price]={0}&phases[1][items][0][quantity]=5\
         &phases[1][duration][interval]=month&metadata[a]=b",
        of.stage.monthly
    );
    let mark = of.mark();
    let changed = of.post(&path, &form).await;
    same_set(&of.kinds_since(mark), &["subscription_schedule.updated"]);
    assert_eq!(changed["metadata"], json!({ "a": "b" }));
    of.pass(30 * DAY + HOUR);
    assert_eq!(of.now()["items"]["data"][0]["quantity"], 5);
    assert_eq!(of.invoice()["total"], 5_000);
    let again = format!("from_subscription={}", of.id);
    assert_eq!(of.refused("POST", SCHEDULES, &again).await.0, 400);
    // What is changed of the present phase is changed at once.
    let form = format!(
        "phases[0][items][0][price]={}&phases[0][items][0][quantity]=6\
         &phases[0][start_date]={end}&phases[0][duration][interval]=month\
         &proration_behavior=none",
        of.stage.monthly
    );
    of.post(&path, &form).await;
    assert_eq!(of.now()["items"]["data"][0]["quantity"], 6);
}

#[tokio::test]
async fn a_schedule_is_released_or_cancelled_by_request() {
    let (of, schedule) = begun("").await;
    let path = format!("{SCHEDULES}/{}", text(&schedule["id"]));
    of.pass(HOUR);
    let mark = of.mark();
    let released = of.post(&format!("{path}/release"), "").await;
    let both = ["customer.subscription.updated", "subscription_schedule.released"];
    same_set(&of.kinds_since(mark), &both);
    assert_eq!(released["status"], "released");
    assert_eq!(of.status(), "active");
    assert_eq!(of.refused("POST", &format!("{path}/release"), "").await.0, 400);
    let all = of.ask("GET", &format!("{SCHEDULES}?released_at[gte]={START}"), "").await;
    assert_eq!(all["data"][0]["id"], schedule["id"]);
    let none = of.ask("GET", &format!("{SCHEDULES}?canceled_at[gte]={START}"), "").await;
    assert_eq!(none["data"], json!([]));

    let (of, schedule) = begun("").await;
    of.pass(HOUR);
    let path = format!("{SCHEDULES}/{}/cancel", text(&schedule["id"]));
    let mark = of.mark();
    let canceled = of.post(&path, "invoice_now=false&prorate=false").await;
    let both = ["customer.subscription.deleted", "subscription_schedule.canceled"];
    same_set(&of.kinds_since(mark), &both);
    assert_eq!(
        (&canceled["status"], &canceled["canceled_at"]),
        (&json!("canceled"), &json!(START + 3_600))
    );
    assert_eq!(of.status(), "canceled");

    let (of, schedule) = begun("").await;
    of.pass(HOUR);
    of.ask("DELETE", &of.path(""), "").await;
    assert_eq!(now(&of, &schedule).await["status"], "canceled");
    of.pass(60 * DAY);
    assert_eq!(of.status(), "canceled");
}

#[tokio::test]
async fn a_schedule_is_aborted_with_a_subscription_that_is_not_paid() {
    let rules = Rules { dunning_end: DunningEnd::Cancel, ..Rules::default() };
    let mut of = Subscriber::under(rules, Card::Good).await;
    let form = two_phases(&of);
    let schedule = of.post(SCHEDULES, &form).await;
    of.id = text(&schedule["subscription"]);
    of.pass(HOUR);
    of.bank(Card::Declining);
    of.pass(31 * DAY);
    let kinds = of.pass(15 * DAY + HOUR);
    assert!(kinds.contains(&"subscription_schedule.aborted".to_owned()), "{kinds:?}");
    assert_eq!(of.status(), "canceled");
}

#[tokio::test]
async fn a_phase_may_be_a_trial_and_begin_a_cycle() {
    let mut of = Subscriber::nobody(Card::Good).await;
    let form = format!(
        "customer={}&start_date=now&phases[0][items][0][price]={}&phases[0][trial]=true\
         &phases[0][duration][interval]=week&phases[1][items][0][price]={}\
         &phases[1][duration][interval]=month&phases[1][billing_cycle_anchor]=phase_start",
        of.customer, of.stage.monthly, of.stage.bigger
    );
    let schedule = of.post(SCHEDULES, &form).await;
    of.id = text(&schedule["subscription"]);
    assert_eq!(of.status(), "trialing");
    assert_eq!(of.now()["trial_end"], START + 7 * 86_400);
    of.pass(7 * DAY + HOUR);
    assert_eq!(of.status(), "active");
    assert_eq!(of.period().0, START + 7 * 86_400);
    assert_eq!((&of.invoice()["total"], &of.invoice()["status"]), (&json!(3_000), &json!("paid")));
}

#[tokio::test]
async fn phases_were_counted_in_periods_before_clover() {
    let of = Subscriber::nobody(Card::Good).await;
    let form = format!(
        "customer={}&start_date=now&phases[0][items][0][price]={}&phases[0][iterations]=3",
        of.customer, of.stage.monthly
    );
    for (version, expected) in [("2025-08-27.basil", 200), ("2025-09-30.clover", 400)] {
        let headers = [KEY, ("stripe-version", version)];
        let answer = call_with(&of.stage, "POST", SCHEDULES, &form, &headers).await;
        assert_eq!(answer.status.as_u16(), expected, "{version}: {}", answer.body);
        if expected == 200 {
            assert_eq!(answer.body["phases"][0]["end_date"], START + 90 * 86_400);
            assert!(answer.body.get("pause_schedules").is_none());
        }
    }
}

#[tokio::test]
async fn wrong_schedules_are_refused() {
    let of = Subscriber::nobody(Card::Good).await;
    let phase = format!("phases[0][items][0][price]={}", of.stage.monthly);
    for (form, param) in [
        (format!("customer={}", of.customer), "phases"),
        (format!("customer=cus_x&{phase}"), "customer"),
        (format!("customer={}&{phase}&phases[0][end_date]=5", of.customer), "phases"),
        (format!("customer={}&phases[0][trial]=true", of.customer), "phases[items]"),
        (format!("customer={}&{phase}&end_behavior=explode", of.customer), "end_behavior"),
        ("from_subscription=sub_x".to_owned(), "from_subscription"),
        (format!("customer={}&{phase}&shoe=46", of.customer), "shoe"),
    ] {
        let (status, error) = of.refused("POST", SCHEDULES, &form).await;
        assert_eq!((status, &error["param"]), (400, &json!(param)), "{form}");
    }
    assert_eq!(of.refused("GET", &format!("{SCHEDULES}/sub_sched_x"), "").await.0, 404);
    let truth = of.stage.simulator.truth();
    assert!(truth.objects["subscription_schedule"].is_empty());
}
