//! That large blocks are what a global allocator owes, wherever they come from.

use matchgate_runtime::huge_pages::PagedAllocator;
use matchgate_runtime::on_huge_pages;

#[global_allocator]
static ALLOCATOR: PagedAllocator = PagedAllocator;

const HUGE_PAGE: usize = 2 << 20;

/// Returns whether the mapping that has `start` asks for huge pages, if one has it.
fn is_advised(start: *const u8) -> Option<bool> {
    let maps = std::fs::read_to_string("/proc/self/smaps").ok()?;
    let mut inside = false;
    for line in maps.lines() {
        if let Some((from, to)) = range(line) {
            inside = (from..to).contains(&start.addr());
        } else if inside && let Some(flags) = line.strip_prefix("VmFlags:") {
            return Some(flags.split_whitespace().any(|flag| flag == "hg"));
        }
    }
    None
}

fn range(line: &str) -> Option<(usize, usize)> {
    let (from, to) = line.split_whitespace().next()?.split_once('-')?;
    let number = |text| usize::from_str_radix(text, 16).ok();
    Some((number(from)?, number(to)?))
}

#[test]
fn a_large_block_begins_at_a_huge_page_and_is_zeros() {
    for size in [HUGE_PAGE, HUGE_PAGE + 1, 5 * HUGE_PAGE - 1] {
        let block = vec![0_u8; size];
        assert_eq!(block.as_ptr().align_offset(HUGE_PAGE), 0);
        assert!(block.iter().all(|&byte| byte == 0));
    }
}

#[test]
fn only_what_is_made_inside_asks_for_huge_pages() {
    let outside = vec![1_u8; 2 * HUGE_PAGE];
    let (inside, nested) = on_huge_pages(|| {
        let nested = on_huge_pages(|| vec![1_u8; 2 * HUGE_PAGE]);
        (vec![1_u8; 2 * HUGE_PAGE], nested)
    });
    let after = vec![1_u8; 2 * HUGE_PAGE];
    assert_eq!(is_advised(outside.as_ptr()), Some(false));
    assert_eq!(is_advised(after.as_ptr()), Some(false));
    let is_known = std::path::Path::new("/sys/kernel/mm/transparent_hugepage").exists();
    assert_eq!(is_advised(inside.as_ptr()), Some(is_known));
    assert_eq!(is_advised(nested.as_ptr()), Some(is_known));
}

#[test]
fn a_section_that_panics_leaves_no_advice_behind() {
    let unwound = std::panic::catch_unwind(|| on_huge_pages(|| panic!("as planned")));
    assert!(unwound.is_err());
    let after = vec![1_u8; 2 * HUGE_PAGE];
    assert_eq!(is_advised(after.as_ptr()), Some(false));
}

#[test]
fn a_block_keeps_its_content_as_it_grows_and_shrinks_past_a_huge_page() {
    let mut bytes: Vec<u8> = Vec::new();
    let content = |index: usize| (index % 251).to_le_bytes()[0];
    for index in 0..5 * HUGE_PAGE {
        bytes.push(content(index));
    }
    for size in [
        5 * HUGE_PAGE,
        4 * HUGE_PAGE + 7,
        2 * HUGE_PAGE,
        HUGE_PAGE - 1,
        9,
    ] {
        bytes.truncate(size);
        bytes.shrink_to_fit();
        assert!(
            bytes
                .iter()
                .enumerate()
                .all(|(index, &byte)| byte == content(index))
        );
    }
}

#[test]
fn what_was_given_back_is_no_mapping_any_more() {
    let mapped = || {
        let maps = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = maps.lines().find(|line| line.starts_with("VmSize:"));
        let size = line.and_then(|line| line.split_whitespace().nth(1));
        size.and_then(|size| size.parse::<u64>().ok()).unwrap()
    };
    let before = mapped();
    for _ in 0..1_000 {
        drop(std::hint::black_box(vec![0_u8; 64 * HUGE_PAGE]));
    }
    // 1,000 blocks of 128 MiB: kept ones would be 125 GiB. Threads of other tests come and go.
    assert!(mapped() < before + (8 << 20));
}
