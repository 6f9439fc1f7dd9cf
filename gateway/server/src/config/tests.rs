//! Every fault of a configuration names file, line, key and what is allowed.

use super::{Config, JournalBackend};

#[test]
fn built_in_text_is_what_an_empty_file_means() {
    assert_eq!(Config::parse("empty", "").unwrap(), Config::built_in());
}

#[test]
fn built_in_topology_is_inline() {
    let config = Config::built_in();
    assert_eq!(config.cores.len(), 2);
    assert_eq!(config.cores[0].agents, ["gateway:0", "shard:0"]);
}

/// Checks that each text has the fault.
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let fault = Config::parse("f.toml", text).unwrap_err().to_string();
        assert_eq!(fault, *expected);
    }
}

#[test]
fn faults_name_file_line_key_and_the_allowed_values() {
    let cases = [
        (
            "[venue]\nshards = 0",
            "f.toml:2: venue.shards: 0 is not from 1 to 64",
        ),
        (
            "[venue]\nshards = 65",
            "f.toml:2: venue.shards: 65 is not from 1 to 64",
        ),
        (
            "[journal]\n\nbackend = \"tape\"",
            "f.toml:3: journal.backend: \"tape\" is not one of \"auto\", \"glommio\", \"plain\"",
        ),
        (
            "[journal]\nstaging_bytes = 200_000",
            "f.toml:2: journal.staging_bytes: 200000 is no power of two",
        ),
        (
            "[listen]\ncapnp = \"here\"",
            "f.toml:2: listen.capnp: \"here\" is no address such as \"127.0.0.1:7001\"",
        ),
        (
            "[[core]]\nagents = [\"gateway:1\"]",
            "f.toml:2: core.agents: \"gateway:1\" is not one of gateway:0, shard:0, acceptor, \
             control, clock, follower, sink:local",
        ),
        (
            "[[core]]\nagents = [\"gateway:0\"]",
            "f.toml:1: core.agents: agent \"shard:0\" is on no core",
        ),
    ];
    check(&cases);
}

#[test]
fn faults_of_members_name_file_line_key_and_the_allowed_values() {
    let cases = [
        (
            "[[firm]]\nname = \"A\"\n[[account]]\nname = \"X\"\nfirm = \"B\"",
            "f.toml:5: account.firm: \"B\" is not defined; defined are: A",
        ),
        (
            "[[session]]\nkey = \"k\"\nfirm = \"DEMO\"\naccount = \"DEMO-1\"",
            "f.toml:3: session.firm: \"DEMO\" is not defined; none is: a file that names members \
             names all of them",
        ),
        (
            "[[instrument]]\nsymbol = \"A\"\ntick = \"0\"\nprice_min = \"0\"\nprice_max = \"1\"",
            "f.toml:3: instrument.tick: must be above 0",
        ),
        (
            "[[instrument]]\nsymbol = \"A\"\ntick = \"1\"\nprice_min = \"2\"\nprice_max = \"1\"",
            "f.toml:5: instrument.price_max: is below price_min",
        ),
        (
            "[[instrument]]\nsymbol = \"A\"\ntick = \"0.0000000001\"\nprice_min = 0\nprice_max = 1",
            "f.toml:3: instrument.tick: \"0.0000000001\" has more than 9 digits behind the point",
        ),
        (
            "[venue]\nsessions_max = 1\n[[firm]]\nname = \"F\"\n[[account]]\nname = \"A\"\n\
             firm = \"F\"\n[[session]]\nkey = \"a\"\nfirm = \"F\"\naccount = \"A\"\n\
             [[session]]\nkey = \"b\"\nfirm = \"F\"\naccount = \"A\"",
            "f.toml:1: session: 2 of them, venue.sessions_max is 1",
        ),
        (
            "[journal]\nsegment_bytes = 1048577",
            "f.toml:2: journal.segment_bytes: 1048577 is no multiple of 4096",
        ),
        (
            "[venue]\ngateways = 2\norders_per_shard_max = 1",
            "f.toml:3: venue.orders_per_shard_max: leaves each of 2 gateways 0 orders; at least \
             16 are needed",
        ),
    ];
    check(&cases);
}

#[test]
fn faults_of_sinks_name_file_line_key_and_the_allowed_values() {
    let cases = [
        (
            "[[sink]]\nkind = \"local\"\n[[sink]]\nkind = \"local\"",
            "f.toml:4: sink.kind: \"local\" stands twice",
        ),
        (
            "[[sink]]\nkind = \"kafka\"",
            "f.toml:2: sink.kind: \"kafka\" is not one of \"local\", \"nats\", \"questdb\"",
        ),
        (
            "[[sink]]\nkind = \"nats\"",
            "f.toml:2: sink.servers: is missing: a sink of kind \"nats\" needs it, such as \
             [\"127.0.0.1:4222\"]",
        ),
        (
            "[[sink]]\nkind = \"nats\"\nservers = []",
            "f.toml:3: sink.servers: names no server",
        ),
        (
            "[[sink]]\nkind = \"nats\"\nservers = [\n\"a:1\",\n\"nats://b:2\"]",
            "f.toml:5: sink.servers: \"nats://b:2\" is no host and port such as \
             \"127.0.0.1:4222\"",
        ),
        (
            "[[sink]]\nkind = \"nats\"\nservers = [\"a:1\"]\nstream = \"orders.fills\"",
            "f.toml:4: sink.stream: \"orders.fills\" is not 1 to 255 letters, digits, - and _",
        ),
        (
            "[[sink]]\nkind = \"nats\"\nservers = [\"a:1\"]\nuser = \"x\"",
            "f.toml:4: sink.user: stands without sink.password_file",
        ),
        (
            "[[sink]]\nkind = \"nats\"\nservers = [\"me:secret@a:1\"]",
            "f.toml:3: sink.servers: names a user or password: use user and password_file, or \
             credentials",
        ),
        (
            "[[sink]]\nkind = \"questdb\"\naddress = \"me:secret@a:1\"",
            "f.toml:3: sink.address: names a user or password: use user and password_file, or \
             credentials",
        ),
        (
            "[[sink]]\nkind = \"nats\"\nservers = [\"a:1\"]\nreplicas = 2",
            "f.toml:4: sink.replicas: 2 is not one of 1, 3, 5",
        ),
        (
            "[[sink]]\nkind = \"nats\"\nservers = [\"a:1\"]\nmax_bytes = 7",
            "f.toml:4: sink.max_bytes: 7 is not from 1048576 to 1125899906842624",
        ),
        (
            "[[sink]]\nkind = \"questdb\"",
            "f.toml:2: sink.address: is missing: a sink of kind \"questdb\" needs it, such as \
             \"127.0.0.1:9000\"",
        ),
        (
            "[[sink]]\nkind = \"questdb\"\naddress = \"a:0\"",
            "f.toml:3: sink.address: \"a:0\" is no host and port such as \"127.0.0.1:4222\"",
        ),
        (
            "[[sink]]\nkind = \"questdb\"\naddress = \"a:1\"\nstream = \"X\"",
            "f.toml:4: sink.stream: a sink of kind \"questdb\" has no such key; it has address, \
             create, user, password_file, cpu",
        ),
    ];
    check(&cases);
}

#[test]
fn limits_that_together_ask_for_too_much_memory_are_refused() {
    let cases = [
        (
            "[venue]\nshards = 4\norders_per_shard_max = 67_108_864",
            "f.toml:3: venue.orders_per_shard_max: 67108864 makes 268435456 orders in all shards \
             together, of which 134217728 are allowed: at most 33554432 here",
        ),
        (
            "[venue]\nlevels_per_side_max = 8_388_608",
            "f.toml:2: venue.levels_per_side_max: 8388608 makes 2147483648 levels of a side of \
             every book together, of which 1073741824 are allowed: at most 4194304 here",
        ),
        (
            "[venue]\ninstruments_max = 65_537",
            "f.toml:2: venue.instruments_max: 65537 makes 1073758208 levels of a side of every \
             book together, of which 1073741824 are allowed: at most 65536 here",
        ),
        (
            "[venue]\nlevels_per_side_max = 16_777_217",
            "f.toml:2: venue.levels_per_side_max: 16777217 is not from 1 to 16777216",
        ),
        (
            "[venue]\nshards = 64\nlevels_per_side_max = 1\ninstruments_max = 16_385",
            "f.toml:4: venue.instruments_max: 16385 makes 1048640 instruments in all shards \
             together, of which 1048576 are allowed: at most 16384 here",
        ),
        (
            "[venue]\nshards = 64\nsessions_max = 262_145",
            "f.toml:3: venue.sessions_max: 262145 makes 16777280 sessions in all shards together, \
             of which 16777216 are allowed: at most 262144 here",
        ),
        (
            "[venue]\nshards = 64\naccounts_max = 1_048_576",
            "f.toml:3: venue.accounts_max: 1048576 makes 67108864 accounts in all shards \
             together, of which 16777216 are allowed: at most 262144 here",
        ),
        (
            "[venue]\nshards = 64\ngateways = 32\n[rings]\nevents = 32_769",
            "f.toml:5: rings.events: 32769 makes 67110912 events in all rings together, of which \
             67108864 are allowed: at most 32768 here",
        ),
        (
            "[venue]\nshards = 64\ngateways = 32\n[rings]\ncommands = 1_048_576",
            "f.toml:5: rings.commands: 1048576 makes 2147483648 commands in all rings together, \
             of which 67108864 are allowed: at most 32768 here",
        ),
        (
            "[venue]\nshards = 15\n[journal]\nstaging_bytes = 4_294_967_296",
            "f.toml:4: journal.staging_bytes: 4294967296 makes 73014444032 bytes of all staging \
             logs together, of which 68719476736 are allowed: at most 4042322160 here",
        ),
    ];
    check(&cases);
}

#[test]
fn sessions_that_together_keep_too_many_messages_are_refused_at_the_one_that_does() {
    let mut text = "[[firm]]\nname = \"F\"\n[[account]]\nname = \"A\"\nfirm = \"F\"\n".to_owned();
    for key in 0..5 {
        text += &format!(
            "[[session]]\nkey = \"{key}\"\nfirm = \"F\"\naccount = \"A\"\n\
             resend_messages_max = 67_108_864\n"
        );
    }
    check(&[(
        text.as_str(),
        "f.toml:30: session.resend_messages_max: 67108864 makes 335544320 messages of all \
         sessions together, of which 268435456 are allowed: at most 0 here",
    )]);
}

#[test]
fn sessions_that_are_more_than_their_home_has_connections_for_are_refused() {
    let mut text = "[venue]\nsessions_max = 4096\ngateways = 2\n\
         [[firm]]\nname = \"F\"\n[[firm]]\nname = \"G\"\ngateway = 1\n\
         [[account]]\nname = \"A\"\nfirm = \"F\"\n[[account]]\nname = \"B\"\nfirm = \"G\"\n"
        .to_owned();
    let session = |key: u32, firm: &str, account: &str| {
        format!(
            "[[session]]\nkey = \"{key}\"\nfirm = \"{firm}\"\naccount = \"{account}\"\n\
             resend_messages_max = 1024\n"
        )
    };
    for key in 0..3_840 {
        text += &session(key, "F", "A");
    }
    text += &session(5_000, "G", "B");
    Config::parse("f.toml", &text).unwrap();
    text += &session(6_000, "F", "A");
    check(&[(
        text.as_str(),
        "f.toml:19221: session.key: is session 3841 whose home is gateway 0, which has connections \
         for 3840: give some firms another gateway",
    )]);
}

#[test]
fn largest_number_of_shards_and_gateways_runs_with_all_other_limits_as_built_in() {
    let config = Config::parse("f.toml", "[venue]\nshards = 64\ngateways = 32").unwrap();
    assert_eq!((config.venue.shards, config.venue.gateways), (64, 32));
    // The largest of each limit alone is within its range and within all totals.
    for text in [
        "[venue]\norders_per_shard_max = 67_108_864",
        "[venue]\nsessions_max = 1_048_576\naccounts_max = 1_048_576",
        "[venue]\ninstruments_max = 1_048_576\nlevels_per_side_max = 1024",
        "[venue]\ninstruments_max = 64\nlevels_per_side_max = 16_777_216",
        "[rings]\ncommands = 1_048_576\nevents = 1_048_576",
        "[journal]\nstaging_bytes = 4_294_967_296",
    ] {
        Config::parse("f.toml", text).unwrap();
    }
}

#[test]
fn cpu_that_the_process_may_not_use_is_refused_with_its_line() {
    for text in ["[journal]\ncpu = 4000", "[[core]]\ncpu = 4000\nagents = []"] {
        let error = Config::parse("f.toml", text).unwrap_err().to_string();
        assert!(error.starts_with("f.toml:2: "), "{error}");
        assert!(
            error.contains("cpu: 4000 is not one of this process: ["),
            "{error}"
        );
    }
}

#[test]
fn cores_on_one_cpu_may_not_spin() {
    let cpu = matchgate_runtime::allowed_cpus()[0];
    let text = format!(
        "[[core]]\ncpu = {cpu}\nagents = [\"gateway:0\"]\nidle = \"spin\"\n\
         [[core]]\ncpu = {cpu}\nagents = [\"shard:0\"]\nidle = \"park\"\n\
         [[core]]\nagents = [\"acceptor\", \"control\", \"clock\", \"follower\", \"sink:local\"]\n"
    );
    let error = Config::parse("f.toml", &text).unwrap_err().to_string();
    assert!(error.ends_with("core.cpu: shares its cpu with another core, so neither may \"spin\""));
}

#[test]
fn value_of_another_type_is_refused_with_its_key_and_what_is_wanted() {
    let cases = [
        (
            "[venue]\nshards = \"a\"",
            "f.toml:2: venue.shards: invalid type: string \"a\", expected a whole number of 0 or \
             above",
        ),
        (
            "[[core]]\nagents = [\"gateway:0\"]\n[[core]]\nagents = [7]",
            "f.toml:4: core.agents: invalid type: integer `7`, expected a string",
        ),
        (
            "listen = 7001",
            "f.toml:1: listen: invalid type: integer `7001`, expected a table",
        ),
        (
            "[[session]]\nkey = \"k\"\nfirm = \"F\"",
            "f.toml:1: session: missing field `account`",
        ),
    ];
    check(&cases);
}

#[test]
fn unknown_keys_and_floats_are_refused_with_their_line() {
    let unknown = Config::parse("f.toml", "[venue]\nshard = 1")
        .unwrap_err()
        .to_string();
    assert!(
        unknown.starts_with("f.toml:2: venue.shard: unknown field `shard`, expected"),
        "{unknown}"
    );
    let text = "[[instrument]]\nsymbol = \"A\"\ntick = 0.01\nprice_min = 0\nprice_max = 1";
    let float = Config::parse("f.toml", text).unwrap_err().to_string();
    assert!(
        float.contains("f.toml:3") && float.contains("\"0.01\""),
        "{float}"
    );
}

#[test]
fn prices_may_be_zero_or_negative_and_quantities_have_their_exponent() {
    let text = "[[instrument]]\nsymbol = \"BTC\"\ntick = \"0.01\"\nprice_min = \"-5\"\n\
                price_max = \"0\"\nlot = \"0.00000001\"\nquantity_exponent = -8\n\
                quantity_max = \"21000000\"";
    let config = Config::parse("f.toml", text).unwrap();
    let instrument = config.instruments[0].instrument;
    assert_eq!(instrument.price_min.get(), -5_000_000_000);
    assert_eq!(instrument.lot.get(), 1);
    assert_eq!(instrument.quantity_max.get(), 2_100_000_000_000_000);
    assert_eq!(config.journal.backend, JournalBackend::Auto);
}

#[test]
fn protection_is_a_price_from_zero_on_and_no_bound_where_it_is_left_out() {
    let with = |line: &str| {
        format!(
            "[[instrument]]\nsymbol = \"X\"\ntick = \"0.01\"\nprice_min = \"1\"\n\
             price_max = \"2\"\n{line}"
        )
    };
    let protection = |line: &str| {
        let config = Config::parse("f.toml", &with(line)).unwrap();
        config.instruments[0].instrument.protection.get()
    };
    assert_eq!(protection(""), i64::MAX);
    assert_eq!(protection("protection = \"0.50\""), 500_000_000);
    assert_eq!(protection("protection = \"0\""), 0);
    let below = with("protection = \"-0.01\"");
    check(&[(
        &below,
        "f.toml:6: instrument.protection: must not be below 0",
    )]);
}

#[test]
fn lowest_and_highest_number_are_no_prices() {
    let text = "[[instrument]]\nsymbol = \"X\"\ntick = \"0.01\"\nprice_min = \"1\"\n\
                price_max = \"9223372036.854775807\"";
    check(&[(
        text,
        "f.toml:5: instrument.price_max: must be above the lowest number of 64 bits and below the \
         highest",
    )]);
}
