//! The instrument that a recording needs.

use matchgate_core::domain::{InstrumentId, Price, Quantity, ShardId};

use super::written::{STEM, Written};
use crate::instrument::{DerivedInstrument, InstrumentOptions};

fn written() -> Written {
    Written::new(
        &[
            "34200.1,3,11,950,5000500,1",
            "34200.2,1,12,50,5001000,-1",
            "34200.3,5,0,5,5000725,1",
            "34200.4,4,12,50,5001000,-1",
        ],
        &[
            "5001500,10,5000500,100",
            "5001000,50,5000500,100",
            "5001000,50,5000500,100",
            "5001500,10,5000500,100",
        ],
        1,
    )
}

fn options(symbol: Option<&str>, tick: Option<&str>) -> InstrumentOptions {
    InstrumentOptions {
        symbol: symbol.map(str::to_owned),
        tick: tick.map(str::to_owned),
    }
}

#[test]
fn instrument_covers_prices_and_quantities_but_not_hidden_executions() {
    let derived = DerivedInstrument::derive(&written().path(), &options(None, None));
    let derived = derived.expect("an undamaged recording");
    assert_eq!(
        derived.to_toml(),
        "[[instrument]]\n\
         symbol = \"XYZ\"\n\
         tick = \"0.05\"\n\
         price_min = \"50.005\"\n\
         price_max = \"50.015\"\n"
            .replace("50.005", "500.05")
            .replace("50.015", "500.15")
            + "lot = \"1\"\n\
               quantity_min = \"1\"\n\
               quantity_max = \"10000\"\n\
               notional_max = \"5001500.00\"\n\
               quantity_exponent = 0\n"
    );
    let instrument = derived.instrument(InstrumentId(3), ShardId(1));
    assert_eq!(
        (instrument.id, instrument.shard),
        (InstrumentId(3), ShardId(1))
    );
    assert_eq!(instrument.tick, Price::new(50_000_000));
    assert_eq!(instrument.quantity_max, Quantity::new(10_000));
}

#[test]
fn symbol_and_tick_can_be_told() {
    let derive = |options| DerivedInstrument::derive(&written().path(), &options);
    let derived = derive(options(Some("ABC"), Some("0.01"))).expect("both fit");
    assert_eq!(derived.symbol.as_str(), "ABC");
    assert_eq!(derived.tick, Price::new(10_000_000));
    let refused = derive(options(None, Some("0.1"))).expect_err("prices are off this tick");
    assert!(
        refused.to_string().ends_with("has prices off the tick 0.1"),
        "{refused}"
    );
    let refused = derive(options(None, Some("0"))).expect_err("no tick");
    assert!(refused.to_string().ends_with("0 is no tick"), "{refused}");
    let refused = derive(options(Some("A B"), None)).expect_err("no symbol");
    assert!(refused.to_string().contains("is no symbol"), "{refused}");
}

#[test]
fn file_without_a_telling_name_needs_a_symbol() {
    let written = written();
    let path = written.file("flow.txt");
    std::fs::rename(written.file(&format!("{STEM}_message_1.csv")), &path).expect("renamed");
    let refused = DerivedInstrument::derive(&path, &options(None, None)).expect_err("no symbol");
    assert!(
        refused
            .to_string()
            .ends_with("does not tell its symbol; name one"),
        "{refused}"
    );
    DerivedInstrument::derive(&path, &options(Some("XYZ"), None)).expect("a symbol is told");
}
