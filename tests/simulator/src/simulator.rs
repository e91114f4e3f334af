//! The handle to a running simulator.

use crate::api;
use crate::api::fault::FaultBook;
use crate::api::keys::Keys;
use crate::api::limits::LimitBook;
use crate::api::seen::{SeenBook, SeenCall};
use crate::clock::Clock;
use crate::delivery::courier::Courier;
use crate::delivery::endpoint::{Endpoint, EndpointId};
use crate::delivery::faults::Faults;
use crate::delivery::letter::Letter;
use crate::delivery::record::{Counters, DeliveryRecord};
use crate::delivery::retry::Retries;
use crate::delivery::timer;
use crate::destinations::DestinationChange;
use crate::life::checkout::visit::CheckoutVisit;
use crate::life::rules::Rules;
use crate::life::seed::Seeding;
use crate::life::{
    Cancel, CustomerChange, LifeError, NewCustomer, NewPrice, NewProduct, NewSubscription, Pause,
    PriceChange, ProductChange, Resume, SubscriptionChange,
};
use crate::mishap::EventFaults;
use crate::model::card::Card;
use crate::model::event::EVENTS_KEPT_SECONDS;
use crate::model::thin_event::Related;
use crate::options::Options;
use crate::play::{self, Play, PlayError, Progress};
use crate::render::thin_event::fetched;
use crate::truth::Truth;
use crate::version::ApiVersion;
use crate::wall::Wall;
use crate::world::World;
use bytes::Bytes;
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How often a clock that runs is looked at for what has become due.
const TICK: Duration = Duration::from_millis(200);

/// Why a simulator could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address is taken, or may not be listened on.
    #[error("cannot listen on {address}; choose another address or port 0")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A rate among the faults is no probability.
    #[error("a fault's rate is not between 0 and 1; set it to a probability")]
    Rate,
}

/// A running simulator. Copies of the handle are cheap and mean the same simulator, which ends
/// with [`Simulator::stop`] or with its runtime.
#[derive(Clone, Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    address: SocketAddr,
    call_faults: FaultBook,
    courier: Arc<Courier>,
    keys: Keys,
    keys_of_v2: Keys,
    limits: LimitBook,
    seen: SeenBook,
    state: Mutex<State>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    wall: Arc<dyn Wall>,
    seed: u64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("address", &self.address).finish_non_exhaustive()
    }
}

struct State {
    clock: Clock,
    /// How many of the world's events the courier has.
    posted: usize,
    posted_thin: usize,
    world: World,
}

impl Simulator {
    /// Starts a simulator on the present tokio runtime.
    ///
    /// # Errors
    ///
    /// When its address cannot be listened on, or a fault's rate is no probability.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        if !options.faults.are_rates() {
            return Err(StartError::Rate);
        }
        let refused = |source| StartError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let wall = Arc::clone(&options.wall);
        let mut clock = Clock::new(options.clock, wall.as_ref());
        let now = clock.now(wall.as_ref());
        let mut world = World::new(options.seed, now, options.api_version, options.rules);
        world.change_oddities(|oddities| oddities.faults = options.faults);
        world.base_url = options.public_url.unwrap_or_else(|| format!("http://{address}"));
        let courier =
            Courier::new(options.seed, options.faults, options.retries, options.in_flight_max);
        let shared = Arc::new(Shared {
            address,
            call_faults: FaultBook::new(options.seed),
            courier: Arc::new(courier),
            keys: Keys::default(),
            keys_of_v2: Keys::default(),
            limits: LimitBook::default(),
            seen: SeenBook::default(),
            state: Mutex::new(State { clock, posted: 0, posted_thin: 0, world }),
            tasks: Mutex::new(Vec::new()),
            wall,
            seed: options.seed,
        });
        let simulator = Self { shared };
        simulator.spawn(Arc::clone(&simulator.shared.courier).carry(simulator.wall()));
        simulator.spawn(api::server::serve(listener, simulator.clone()));
        simulator.spawn(tick(simulator.clone()));
        Ok(simulator)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let handle = tokio::spawn(task);
        self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
    }

    /// Where the API listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The base of the API's URLs, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// Stops answering and sending. What was on its way is dropped.
    pub async fn stop(self) {
        let tasks =
            std::mem::take(&mut *self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            task.abort();
            // An aborted task has nothing to say.
            let _ = task.await;
        }
    }

    fn wall(&self) -> Arc<dyn Wall> {
        Arc::clone(&self.shared.wall)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the world at the present simulated second, and posts what it made.
    pub(crate) fn with_world<R>(&self, work: impl FnOnce(&mut World) -> R) -> R {
        let wall = self.shared.wall.as_ref();
        let mut state = self.state();
        let now = state.clock.now(wall);
        self.note_answers(&mut state);
        state.world.advance_to(now);
        let result = work(&mut state.world);
        self.post(&mut state);
        result
    }

    /// Posts new events while the state is held, so that they keep their order.
    fn post(&self, state: &mut State) {
        let world = &state.world;
        let events = world.events.get(state.posted..).unwrap_or_default();
        let thin = world.thin_events.get(state.posted_thin..).unwrap_or_default();
        let letters = Letter::in_order(events, state.posted, thin);
        self.shared.courier.post(&letters, self.shared.wall.as_ref());
        (state.posted, state.posted_thin) = (world.events.len(), world.thin_events.len());
    }

    /// Tells the world which of the invoices that wait for answers have them.
    fn note_answers(&self, state: &mut State) {
        for (invoice, event) in state.world.unanswered() {
            if self.shared.courier.is_acknowledged(&event) {
                state.world.answered(&invoice);
            }
        }
    }

    pub(crate) fn on_request<R>(&self, work: impl FnOnce(&mut World) -> R) -> R {
        self.with_world(|world| {
            let result = world.on_request(None, work);
            // Nobody is answered over HTTP for a direct call.
            world.forget_answer();
            result
        })
    }

    /// The same, in the time of whatever test clock the object goes by.
    pub(crate) fn on_request_for<R>(&self, id: &str, work: impl FnOnce(&mut World) -> R) -> R {
        self.on_request(|world| world.in_time_of(id, work))
    }

    /// Sends every event from now on to one more endpoint, unless it listens for some types only.
    /// Clients of the API see it among the webhook endpoints and event destinations.
    #[must_use = "the id is what its secrets are changed by"]
    pub fn add_endpoint(&self, endpoint: Endpoint) -> EndpointId {
        let mut state = self.state();
        state.world.adopt_endpoint(endpoint, &self.shared.courier)
    }

    /// The id that an endpoint has in the API; none when there is no such endpoint, or it was
    /// deleted.
    #[must_use]
    pub fn destination(&self, id: EndpointId) -> Option<String> {
        self.state().world.destination_of(id).map(|held| held.id.clone())
    }

    /// Enables or disables an endpoint; false when there is no such endpoint, or it was deleted.
    #[must_use]
    pub fn set_endpoint_enabled(&self, id: EndpointId, enabled: bool) -> bool {
        let mut state = self.state();
        let Some(held) = state.world.destination_of(id).map(|held| held.id.clone()) else {
            return false;
        };
        let change = DestinationChange { enabled: Some(enabled), ..DestinationChange::default() };
        state.world.change_destination(&held, change, &self.shared.courier).is_ok()
    }

    /// The endpoints, in the order of their adding.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.shared.courier.endpoints()
    }

    /// Changes the live secrets of an endpoint; false when there is no such endpoint.
    #[must_use]
    pub fn set_secrets(&self, id: EndpointId, secrets: Vec<String>) -> bool {
        self.shared.courier.set_secrets(id, secrets)
    }

    /// The faults as they are set.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.shared.courier.faults()
    }

    /// Sets the faults for everything made from now on; false, and nothing set, when a rate is no
    /// probability.
    #[must_use]
    pub fn set_faults(&self, faults: Faults) -> bool {
        if !faults.are_rates() {
            return false;
        }
        self.state().world.change_oddities(|oddities| oddities.faults = faults);
        self.shared.courier.set_faults(faults);
        true
    }

    /// How the account bills, and what is assumed where Stripe's public text leaves it open.
    #[must_use]
    pub fn rules(&self) -> Rules {
        self.state().world.rules.clone()
    }

    /// Sets the rules for everything that happens from now on.
    pub fn set_rules(&self, rules: Rules) {
        self.with_world(|world| world.rules = rules);
    }

    /// What is still to go wrong with single events.
    pub(crate) fn change_event_faults(&self, change: impl FnOnce(&mut EventFaults)) {
        self.state().world.change_oddities(|oddities| change(&mut oddities.asked));
    }

    /// Sets when failed deliveries are sent again, for what fails from now on.
    pub fn set_retries(&self, retries: Retries) {
        self.shared.courier.set_retries(retries);
    }

    /// Sends an event of the last 30 days, of either form, to an endpoint once more, whatever
    /// types it wants. The automatic retries of the event go on regardless. False when there is
    /// no such event or endpoint, or the endpoint is disabled.
    #[must_use]
    pub fn resend(&self, event: &str, endpoint: EndpointId) -> bool {
        let state = self.state();
        let world = &state.world;
        let snapshot = world.event_places.get(event).and_then(|place| world.events.get(*place));
        let letter = match (snapshot, world.thin_event(event)) {
            (Some(event), _) => Letter::Snapshot(event),
            (None, Some(event)) => Letter::Thin(event),
            (None, None) => return false,
        };
        let is_kept = letter.created() >= world.now - EVENTS_KEPT_SECONDS;
        is_kept && self.shared.courier.resend(letter, endpoint, self.shared.wall.as_ref())
    }

    /// The simulated second, Unix time.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.state().clock.now(self.shared.wall.as_ref())
    }

    /// Lets simulated time pass: everything that falls due happens. Parts of a second are dropped.
    pub fn advance(&self, time: Duration) {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let mut state = self.state();
        self.note_answers(&mut state);
        let now = state.clock.advance(seconds, self.shared.wall.as_ref());
        state.world.advance_to(now);
        self.post(&mut state);
    }

    /// Moves a held clock to a second that is not in its past.
    pub(crate) fn advance_to(&self, second: i64) {
        let now = self.now();
        self.advance(Duration::from_secs(u64::try_from(second - now).unwrap_or(0)));
    }

    /// Holds the clock at a second, which only an empty history allows.
    pub(crate) fn begin_history_at(&self, second: i64) -> bool {
        let mut state = self.state();
        if !state.world.is_empty() {
            return false;
        }
        state.clock.hold_at(second);
        state.world.now = second;
        true
    }

    /// Lets the clock run with the wall clock from now on.
    pub(crate) fn follow_wall(&self) {
        self.state().clock.follow_wall();
    }

    pub(crate) fn wall_second(&self) -> i64 {
        self.shared.wall.unix_micros().div_euclid(1_000_000)
    }

    /// The idempotency keys of the account in version 1 of the API.
    pub(crate) fn keys(&self) -> &Keys {
        &self.shared.keys
    }

    /// Those of version 2.
    pub(crate) fn keys_of_v2(&self) -> &Keys {
        &self.shared.keys_of_v2
    }

    pub(crate) fn call_fault_book(&self) -> &FaultBook {
        &self.shared.call_faults
    }

    pub(crate) fn courier(&self) -> &Courier {
        &self.shared.courier
    }

    pub(crate) fn limit_book(&self) -> &LimitBook {
        &self.shared.limits
    }

    pub(crate) fn seen_book(&self) -> &SeenBook {
        &self.shared.seen
    }

    pub(crate) fn monotonic(&self) -> Duration {
        self.shared.wall.monotonic()
    }

    /// The version that the account renders for whoever asks for none.
    pub(crate) fn account_version(&self) -> ApiVersion {
        self.state().world.account_version()
    }

    /// Plays a script of customers: their months are simulated as fast as events can be made and
    /// delivered, ending at the wall clock's now, which the simulated clock follows from there.
    ///
    /// # Errors
    ///
    /// When the simulator has a history already.
    pub async fn play(
        &self,
        play: Play,
        progress: impl FnMut(Progress) + Send,
    ) -> Result<Progress, PlayError> {
        play::run(self, play, progress).await
    }

    /// The seed the simulator was started with.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.shared.seed
    }

    /// Waits until everything that was to be sent is acknowledged or given up; false when that
    /// has not come about in this time.
    pub async fn settled(&self, deadline: Duration) -> bool {
        self.underway_at_most(0, deadline).await
    }

    /// Waits until no more than so many copies wait to be sent or answered.
    pub(crate) async fn underway_at_most(&self, copies: u64, deadline: Duration) -> bool {
        let mut underway = self.shared.courier.watch_underway();
        tokio::select! {
            reached = underway.wait_for(|count| *count <= copies) => reached.is_ok(),
            () = timer::wait(deadline) => false,
        }
    }

    /// The present state of every object, in the newest version.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.truth_in(&ApiVersion::newest())
    }

    /// The same as another version shows it.
    #[must_use]
    pub fn truth_in(&self, version: &ApiVersion) -> Truth {
        self.with_world(|world| Truth::of(world, version))
    }

    /// Every delivery, in the order of the events and for each event of the endpoints.
    #[must_use]
    pub fn deliveries(&self) -> Vec<DeliveryRecord> {
        self.shared.courier.records()
    }

    /// The calls of Stripe's API that were answered so far, sorted by their path.
    #[must_use]
    pub fn calls_seen(&self) -> Vec<SeenCall> {
        self.shared.seen.calls()
    }

    /// The sums so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.courier.counters()
    }

    /// The bodies of all events so far in the account's version, oldest first.
    #[must_use]
    pub fn history(&self) -> Vec<Bytes> {
        self.with_world(|world| {
            let version = world.account_version();
            world.events.iter().filter_map(|event| event.body(&version).cloned()).collect()
        })
    }

    /// The thin events so far, as they are fetched, oldest first.
    #[must_use]
    pub fn thin_history(&self) -> Vec<Value> {
        self.with_world(|world| world.thin_events.iter().map(fetched).collect())
    }

    /// Has many subscriptions be there at once, as if they had been made before the history
    /// began.
    ///
    /// # Errors
    ///
    /// When the price cannot be subscribed to, or there are customers already.
    pub fn seed_subscriptions(&self, seeding: &Seeding) -> Result<(), LifeError> {
        self.with_world(|world| world.seed(seeding))
    }

    /// Makes a customer, and its payment method unless it has none.
    #[must_use]
    pub fn create_customer(&self, new: NewCustomer) -> String {
        let clock = new.test_clock.clone().unwrap_or_default();
        self.on_request_for(&clock, |world| world.create_customer(new))
    }

    /// Makes a test clock that stands at a second (Unix time).
    #[must_use]
    pub fn create_test_clock(&self, frozen_time: i64, name: Option<String>) -> String {
        self.on_request(|world| world.create_test_clock(frozen_time, name))
    }

    /// Advances a test clock to a later second, at most two intervals of its shortest
    /// subscription ahead, and waits for everything that is due by then.
    pub fn advance_test_clock(&self, id: &str, to: i64) -> Result<(), LifeError> {
        self.on_request(|world| world.advance_test_clock(id, to))?;
        self.with_world(|_| ());
        Ok(())
    }

    /// Has the next test clock that is advanced fail on its way: it ends in `internal_failure`,
    /// and no time passes for it any more.
    pub fn fail_next_clock(&self) {
        self.with_world(|world| world.clock_fails = true);
    }

    /// Deletes a test clock and its customers.
    pub fn delete_test_clock(&self, id: &str) -> Result<(), LifeError> {
        self.on_request(|world| world.delete_test_clock(id))
    }

    /// Changes a customer.
    pub fn update_customer(&self, id: &str, change: CustomerChange) -> Result<(), LifeError> {
        self.on_request_for(id, |world| world.update_customer(id, change))
    }

    /// Deletes a customer and ends its subscriptions.
    pub fn delete_customer(&self, id: &str) -> Result<(), LifeError> {
        self.on_request_for(id, |world| world.delete_customer(id))
    }

    /// How the customer's banks answer from now on, whatever its payment methods are good for; a
    /// customer without one is given one when it first pays. A new default payment method takes
    /// that back.
    pub fn set_card(&self, customer: &str, card: Card) -> Result<(), LifeError> {
        self.with_world(|world| world.set_card(customer, card))
    }

    /// Makes a product.
    pub fn create_product(&self, new: NewProduct) -> Result<String, LifeError> {
        self.on_request(|world| world.create_product(new))
    }

    /// Changes a product.
    pub fn update_product(&self, id: &str, change: ProductChange) -> Result<(), LifeError> {
        self.on_request(|world| world.update_product(id, change))
    }

    /// Deletes a product that has no prices.
    pub fn delete_product(&self, id: &str) -> Result<(), LifeError> {
        self.on_request(|world| world.delete_product(id))
    }

    /// Makes a price.
    pub fn create_price(&self, new: NewPrice) -> Result<String, LifeError> {
        self.on_request(|world| world.create_price(new))
    }

    /// Changes a price.
    pub fn update_price(&self, id: &str, change: PriceChange) -> Result<(), LifeError> {
        self.on_request(|world| world.update_price(id, change))
    }

    /// Starts a subscription.
    pub fn subscribe(&self, new: &NewSubscription) -> Result<String, LifeError> {
        self.on_request_for(&new.customer, |world| world.subscribe(new))
    }

    /// Changes a subscription.
    pub fn update_subscription(
        &self,
        id: &str,
        change: SubscriptionChange,
    ) -> Result<(), LifeError> {
        self.on_request_for(id, |world| world.update_subscription(id, change))
    }

    /// Pauses a subscription: it makes no invoices and begins no periods until it is resumed.
    pub fn pause_subscription(&self, id: &str, how: Pause) -> Result<(), LifeError> {
        self.on_request_for(id, |world| world.pause_subscription(id, how))
    }

    /// Resumes a paused subscription, at once or when the invoice of its resumption is paid.
    pub fn resume_subscription(&self, id: &str, how: Resume) -> Result<(), LifeError> {
        self.on_request_for(id, |world| world.resume_subscription(id, how))
    }

    /// Ends a subscription at once.
    pub fn cancel_subscription(&self, id: &str, how: Cancel) -> Result<(), LifeError> {
        self.on_request_for(id, |world| world.cancel_subscription(id, how))
    }

    /// Completes a checkout session as a visitor of its page would.
    ///
    /// # Errors
    ///
    /// When the session is not open, or the bank declines, or it asks for 3D Secure
    /// ([`Simulator::authenticate_checkout`]); the session stays open then.
    pub fn complete_checkout(&self, session: &str, visit: &CheckoutVisit) -> Result<(), LifeError> {
        self.in_time_of(session, |world| world.complete_checkout(session, visit))
    }

    /// Passes, or fails, the 3D Secure that the payment of a checkout session waits for.
    pub fn authenticate_checkout(&self, session: &str, passes: bool) -> Result<(), LifeError> {
        self.in_time_of(session, |world| world.authenticate_checkout(session, passes))
    }

    /// Ends the delayed payment of a completed checkout session, before it ends by itself.
    pub fn settle_checkout(&self, session: &str, succeeds: bool) -> Result<(), LifeError> {
        self.in_time_of(session, |world| world.settle_checkout(session, succeeds))
    }

    /// Saves the default configuration of the customer portal, as an account does once in
    /// Stripe's Dashboard; its id.
    pub fn save_portal_settings(&self) -> String {
        self.with_world(World::save_portal_settings)
    }

    /// Does something that no request asks for, in the time of whatever an object goes by.
    fn in_time_of<R>(&self, id: &str, work: impl FnOnce(&mut World) -> R) -> R {
        self.with_world(|world| world.in_time_of(id, work))
    }

    /// Pays an invoice with the customer's payment method.
    pub fn pay_invoice(&self, id: &str) -> Result<(), LifeError> {
        self.on_request_for(id, |world| world.pay_invoice(id, false))
    }

    /// Tries to collect an open invoice and has the bank decline, whatever the customer's card.
    pub fn fail_payment(&self, invoice: &str) -> Result<(), LifeError> {
        self.on_request_for(invoice, |world| world.fail_payment(invoice))
    }

    /// Makes an event of any type with any object, for what this simulator does not model.
    pub fn emit_raw_event(&self, kind: &str, object: &Value) {
        self.on_request(|world| world.emit_raw(kind, object));
    }

    /// Makes a thin event of any type, about an object as its JSON shows it or about none, for
    /// what this simulator does not model; `data` is told to who fetches the event. Answers its id.
    #[must_use = "the id is what it is fetched by"]
    pub fn emit_raw_thin_event(
        &self,
        kind: &str,
        object: Option<&Value>,
        data: Option<Value>,
    ) -> String {
        let related = object.and_then(Related::of_shown);
        self.on_request(|world| world.emit_thin(kind, related, data))
    }
}

/// Looks at a running clock, so that what falls due happens without being asked for.
async fn tick(simulator: Simulator) {
    loop {
        timer::wait(TICK).await;
        simulator.with_world(|_| ());
    }
}
