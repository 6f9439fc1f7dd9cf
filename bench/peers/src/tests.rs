//! Books answer as the naive book does wherever their page says they are right.

use std::sync::Arc;

use matchgate_workloads::meb::Scenario;
use matchgate_workloads::{Operation, Workload, cross, deep, ec_head};

use super::*;

fn checksum(load: &Arc<Load>, book: &str) -> String {
    let text = answer(&mut Arc::clone(load), &format!("run {book}")).unwrap();
    let mut words = text.split_whitespace();
    let word = words.find_map(|word| word.strip_prefix("checksum="));
    word.unwrap().to_owned()
}

fn check(workload: &Workload, books: &[&str]) {
    let load = Arc::new(Load {
        before: workload.before.clone(),
        timed: workload.timed.clone(),
    });
    for book in books {
        let wanted = format!("{:016x}", workload.checksum);
        assert_eq!(checksum(&load, book), wanted, "{book}");
    }
}

#[test]
fn repaired_nanobook_and_rust_ob_are_right_where_orders_overlap() {
    let books = ["nanobook-repaired", "nanobook-repaired clear", "rust_ob"];
    check(&deep::generate(1, 20_000, 100_000), &books);
    check(&cross::generate(1, 20_000), &books);
}

#[test]
fn repaired_nanobook_is_right_on_reduces_and_all_or_nothing_orders() {
    check(
        &ec_head::generate(1, 1_000, 100_000),
        &["nanobook-repaired"],
    );
}

#[test]
fn every_book_is_right_on_the_public_benchmark() {
    for scenario in Scenario::ALL {
        let mut load = Arc::new(Load::default());
        let line = format!("load meb {} 7 100000", scenario.name());
        answer(&mut load, &line).unwrap();
        let hash = |book| answer(&mut Arc::clone(&load), &format!("sha {book}")).unwrap();
        let wanted = hash("rust_ob");
        for book in ["nanobook", "nanobook clear", "nanobook-repaired clear"] {
            assert_eq!(hash(book), wanted, "{book}");
        }
    }
}

#[test]
fn book_refuses_what_it_lacks() {
    let workload = ec_head::generate(1, 100, 1_000);
    let load = Load {
        before: Vec::new(),
        timed: workload.timed,
    };
    let mut load = Arc::new(load);
    assert!(answer(&mut load, "run nanobook").is_err());
    let symbol = Operation {
        symbol: 1,
        ..cross::generate(1, 1).timed[0]
    };
    let load_of_two = Load {
        before: Vec::new(),
        timed: vec![symbol],
    };
    assert!(answer(&mut Arc::new(load_of_two), "run rust_ob").is_err());
    assert!(answer(&mut load, "run lobster").is_err());
}
