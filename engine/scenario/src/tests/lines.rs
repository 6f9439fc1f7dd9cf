//! Lines: what each says, and what is said of one that is wrong.

use matchgate_core::domain::{
    Command, MassCancelScope, NewOrder, OrderType, Price, SelfTradePrevention, TimeInForce,
};

use crate::{Numbering, Problem, read_command, read_commands, read_price, write_commands};

fn command(line: &str) -> Command {
    read_command(line, &mut Numbering::new()).unwrap().body
}

fn order(line: &str) -> NewOrder {
    match command(line) {
        Command::New(order, _) => order,
        other => panic!("{other:?}"),
    }
}

fn problem(line: &str) -> String {
    let problem = read_command(line, &mut Numbering::new()).unwrap_err();
    assert!(matches!(problem, Problem::Unreadable { .. }), "{problem:?}");
    problem.to_string()
}

#[test]
fn words_say_what_kind_of_order_it_is() {
    for (words, order_type, time_in_force) in [
        ("@ 10.00", OrderType::Limit, TimeInForce::Day),
        ("@ 10.00 day", OrderType::Limit, TimeInForce::Day),
        ("@ 10.00 gtc", OrderType::Limit, TimeInForce::Gtc),
        ("@ 10.00 gtd=70", OrderType::Limit, TimeInForce::Gtd),
        ("@ 10.00 fok", OrderType::Limit, TimeInForce::Fok),
        ("market", OrderType::Market, TimeInForce::Ioc),
        ("market fok", OrderType::Market, TimeInForce::Fok),
        ("market day", OrderType::Market, TimeInForce::Day),
        ("mtl gtc", OrderType::MarketToLimit, TimeInForce::Gtc),
        ("stop=9.95", OrderType::Stop, TimeInForce::Day),
        ("stop=9.95 market ioc", OrderType::Stop, TimeInForce::Ioc),
        ("stop=9.95 @ 9.90", OrderType::StopLimit, TimeInForce::Day),
        ("peg @ 10.00", OrderType::MidPeg, TimeInForce::Day),
        ("type=limit stop=9.95", OrderType::Limit, TimeInForce::Day),
    ] {
        let order = order(&format!("1 buy 100 {words}"));
        let read = (order.order_type, order.time_in_force);
        assert_eq!(read, (order_type, time_in_force), "{words}");
    }
}

#[test]
fn further_terms_are_given_where_a_word_names_one() {
    assert_eq!(order("1 buy 100 @ 10.00 gtc post").terms_given, 0);
    for words in [
        "display=10",
        "min=0",
        "gtd=5",
        "expire=0",
        "group=7",
        "terms",
    ] {
        let order = order(&format!("1 buy 100 @ 10.00 {words}"));
        assert_eq!(order.terms_given, 1, "{words}");
    }
}

#[test]
fn nothing_said_means_no_self_trade_prevention() {
    let order = order("1 buy 100 @ 10.00");
    assert_eq!(order.self_trade, SelfTradePrevention::None);
    assert_ne!(order.self_trade, SelfTradePrevention::default());
}

#[test]
fn cap_of_a_peg_that_names_none_is_the_end_of_the_range() {
    assert_eq!(order("1 buy 100 peg").price, Price::MAX);
    assert_eq!(order("1 sell 100 peg").price, Price::MIN);
    assert_eq!(
        Some(order("1 sell 100 peg @ 9.99").price),
        read_price("9.99")
    );
}

#[test]
fn scope_of_a_mass_cancel_is_what_it_names() {
    for (words, expected) in [
        ("session=0", MassCancelScope::Session),
        ("session=0 instrument=1", MassCancelScope::Session),
        ("account=0 instrument=1", MassCancelScope::Account),
        ("account=2 session=1", MassCancelScope::Account),
        ("instrument=0", MassCancelScope::Instrument),
    ] {
        let Command::MassCancel(cancel) = command(&format!("mass {words}")) else {
            panic!("a mass cancel");
        };
        assert_eq!(cancel.scope, expected, "{words}");
    }
}

#[test]
fn numbers_go_on_from_the_last_command() {
    let commands = read_commands(
        "# A comment, then an empty line.

         > 1 buy 1 @ 10.00
         < 1 new leaves=1
         = bid 1 @ 10.00 ask -
         > 1 buy 1 @ 10.00 gateway=1 generation=7 ring=40
         > 1 cancel gateway=1
         > time 2000
         > halt sequence=9
         > resume",
    )
    .unwrap();
    let told: Vec<_> = commands
        .iter()
        .map(|command| {
            let ring = command.body.origin().map(|origin| origin.ring.get());
            (command.sequence.get(), command.time_ns, ring)
        })
        .collect();
    let expected = [
        (1, 10, Some(1)),
        (2, 20, Some(40)),
        (3, 30, Some(41)),
        (4, 2000, None),
        (9, 2010, None),
        (10, 2020, None),
    ];
    assert_eq!(told, expected);
    let Command::Cancel(cancel) = commands[2].body else {
        panic!("a cancel");
    };
    assert_eq!(cancel.handle.generation, 7);
    assert_eq!(
        commands[5].body.control().map(|control| control.get()),
        Some(2)
    );
    assert_eq!(
        write_commands(&commands),
        "> 1 buy 1 @ 10.00 day
> 1 buy 1 @ 10.00 day generation=7 gateway=1 ring=40
> 1 cancel gateway=1
> time 2000
> halt sequence=9
> resume
"
    );
}

#[test]
fn problem_says_what_was_expected_and_what_was_found() {
    for (line, expected) in [
        (
            "",
            "expected a label, `mass`, `time`, `hash`, or a control command, found nothing more",
        ),
        (
            "begin",
            "expected a label, `mass`, `time`, `hash`, or a control command, found `begin`",
        ),
        (
            "1 bye 10",
            "expected `buy`, `sell`, `cancel`, `reduce` or `replace`, found `bye`",
        ),
        ("1 buy ten @ 1.00", "expected a quantity, found `ten`"),
        (
            "1 buy 10",
            "expected `@` and a price, `market`, `mtl`, `stop=` or `peg`, found nothing more",
        ),
        (
            "1 buy 10 @",
            "expected a price after `@`, found nothing more",
        ),
        ("1 buy 10 @ x", "expected a price after `@`, found `x`"),
        (
            "1 buy 10 @ 1.00 day gtc",
            "expected no such word, or not a second one of its kind, found `gtc`",
        ),
        (
            "1 buy 10 @ 1.00 account=-1",
            "expected a number in range after `account=`, found `-1`",
        ),
        (
            "1 buy 10 @ 1.00 stp=never",
            "expected a self-trade prevention after `stp=`, found `never`",
        ),
        (
            "mass side=buy",
            "expected `session=`, `account=` or `instrument=`, found nothing more",
        ),
        ("time soon", "expected a time in nanoseconds, found `soon`"),
        ("hash xyz", "expected 32 hexadecimal digits, found `xyz`"),
        ("lend 0", "expected how many slots, found nothing more"),
    ] {
        assert_eq!(problem(line), expected, "{line}");
    }
}

#[test]
fn error_names_the_line() {
    let error = read_commands("> 1 buy 1 @ 10.00\n\n  > 1 cancle\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 3, `> 1 cancle`: expected `buy`, `sell`, `cancel`, `reduce` or `replace`, \
         found `cancle`"
    );
}
