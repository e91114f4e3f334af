//! Declaring against what is there.

use counterfoil_bus::{Bound, BusError, BusOptions, declare, depths};

use crate::world::World;

#[tokio::test]
async fn declaring_twice_changes_nothing() {
    let world = World::new();
    declare(&world.options).await.unwrap();
    declare(&world.options).await.unwrap();
    let depths = depths(&world.options).await.unwrap();
    assert_eq!(depths.len(), 30);
    assert!(depths.iter().all(|it| (it.messages, it.consumers) == (0, 0)));
    world.finish().await;
}

#[tokio::test]
async fn a_queue_that_differs_is_named_with_its_difference_and_left_alone() {
    let world = World::new();
    declare(&world.options).await.unwrap();
    let topology = world.options.topology.clone().with_bound(Bound::Bytes(12_345));
    let other = BusOptions { topology, ..world.options.clone() };
    let error = declare(&other).await.unwrap_err();
    let BusError::Differs { name, difference } = &error else { panic!("{error:?}") };
    assert_eq!(name, &format!("{}.events.access", world.options.topology.prefix()));
    assert!(difference.contains("x-max-length-bytes"), "{difference}");
    assert!(error.to_string().contains("drain and delete it"), "{error}");
    declare(&world.options).await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn a_missing_queue_is_named() {
    let world = World::new();
    let error = depths(&world.options).await.unwrap_err();
    assert!(matches!(error, BusError::Missing { .. }), "{error:?}");
    assert!(error.to_string().contains(world.options.topology.prefix()), "{error}");
    world.finish().await;
}

#[tokio::test]
async fn errors_do_not_show_the_password() {
    let world = World::new();
    let mut uri: lapin::uri::AMQPUri = crate::world::url().parse().unwrap();
    uri.authority.userinfo.username = "nobody".to_owned();
    uri.authority.userinfo.password = "hunter2".to_owned();
    let url = counterfoil_bus::AmqpUrl::new(uri.to_string().into()).unwrap();
    let options = BusOptions { url, ..world.options.clone() };
    let error = declare(&options).await.unwrap_err();
    assert!(matches!(error, BusError::Unreachable { .. }), "{error:?}");
    let shown = format!("{options:?} {error} {error:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    world.finish().await;
}
