//! Facts from OSTEP's `malloc.py`: the first 36 operations of 15 of its random lists, memory from 1000 on.

use ramscope_sim::alloc::{Form, Span, read};

use super::steps;

/// A run of OSTEP's program.
struct Fact {
    policy: &'static str,
    settings: &'static str,
    size: u64,
    ops: &'static str,
    /// The address of each allocation, `-` for a failed one.
    addresses: &'static str,
    searched: &'static str,
    /// The free list after the last operation.
    free_list: &'static str,
}

#[test]
fn ostep_lists_have_the_addresses_searches_and_holes_of_its_program() {
    for fact in FACTS {
        let settings: Vec<&str> = fact.settings.split(' ').collect();
        let list = read(fact.ops.as_bytes(), Form::List).unwrap();
        let steps = steps(fact.policy, &settings, Span::new(1000, fact.size), &list);
        let allocs = || steps.iter().filter(|step| step.op == "alloc");
        let address = |address: Option<u64>| address.map_or("-".to_owned(), |at| at.to_string());
        let addresses: Vec<String> = allocs().map(|step| address(step.address)).collect();
        let searched: Vec<String> = allocs().map(|step| step.searched.to_string()).collect();
        let holes = steps.last().unwrap().free_list.iter();
        let holes: Vec<String> =
            holes.map(|hole| format!("{}:{}", hole.address, hole.size)).collect();
        let about = format!("{} {}", fact.policy, fact.settings);
        assert_eq!(addresses.join(" "), fact.addresses, "{about}");
        assert_eq!(searched.join(" "), fact.searched, "{about}");
        assert_eq!(holes.join(" "), fact.free_list, "{about}");
    }
}

const FACTS: &[Fact] = &[
    Fact {
        policy: "best",
        settings: "list.order=address list.coalesce=immediate block.header=0 block.align=1",
        size: 100,
        ops: "+14,-0,+8,-1,+1,-2,+8,-3,+1,+16,+4,+1,+8,+4,+4,+5,+14,+11,+16,-5,+12,-15,+14,-8,+15,-11,+1,+13,+3,+12,-10,+9,-13,+8,+1,-24",
        addresses: "1000 1000 1000 1000 1000 1001 1017 1021 1022 1030 1034 1038 1043 1057 1068 1001 1001 1084 1099 - 1038 - - 1022 1015",
        searched: "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 2 3 4 3 3 3 4 5 4",
        free_list: "1015:2 1034:4 1041:2 1057:11",
    },
    Fact {
        policy: "best",
        settings: "list.order=size list.coalesce=none block.header=4 block.align=4",
        size: 4096,
        ops: "+54,-0,+195,+64,-1,+166,-2,+195,+121,-4,-5,-3,+46,+187,-6,-7,+54,+116,+125,-10,-9,-8,+115,+19,+104,+2,-12,-14,-13,+146,+28,+50,+104,-11,+186,+94",
        addresses: "1004 1064 1264 1064 1332 1532 1004 1332 1264 1532 1064 1532 1236 1064 1056 1332 1196 1264 1064 1660 1532",
        searched: "1 2 2 3 4 4 7 7 9 9 9 12 11 11 11 13 13 13 13 13 13",
        free_list: "1256:4 1316:4 1520:8 1320:8 1648:8 1052:8 1224:8 1168:24 1232:24 1480:40 1000:52 1628:20 1848:3248",
    },
    Fact {
        policy: "best",
        settings: "list.order=size-desc list.coalesce=none block.header=0 block.align=1",
        size: 100,
        ops: "+5,+7,-0,+10,-2,+13,-1,-3,+12,-4,+2,+10,-6,+14,+13,+1,-7,-9,+8,-5,+14,+10,+16,-11,+6,+15,+9,-13,-14,-15,+8,+7,+5,+3,-18,+2",
        addresses: "1000 1005 1012 1022 1022 1000 1012 1035 1049 1034 1012 1035 1022 1062 1005 1078 1035 1078 1086 1044 1002 1032",
        searched: "1 1 2 3 5 6 6 6 6 6 7 8 7 7 8 8 8 11 11 10 9 9",
        free_list: "1062:16 1093:7 1086:7 1005:6 1020:2 1000:2 1011:1 1034:1",
    },
    Fact {
        policy: "best",
        settings: "list.order=front list.coalesce=immediate block.header=0 block.align=1",
        size: 100,
        ops: "+14,-0,+8,-1,+1,-2,+8,-3,+1,+16,+4,+1,+8,+4,+4,+5,+14,+11,+16,-5,+12,-15,+14,-8,+15,-11,+1,+13,+3,+12,-10,+9,-13,+8,+1,-24",
        addresses: "1000 1000 1000 1000 1000 1001 1017 1021 1022 1030 1034 1038 1043 1057 1068 1001 1001 1084 1099 - 1038 - - 1022 1041",
        searched: "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 2 3 4 3 3 3 4 5 4",
        free_list: "1041:1 1057:11 1034:4 1042:1 1015:2",
    },
    Fact {
        policy: "best",
        settings: "list.order=back list.coalesce=none block.header=4 block.align=4",
        size: 4096,
        ops: "+54,-0,+195,+64,-1,+166,-2,+195,+121,-4,-5,-3,+46,+187,-6,-7,+54,+116,+125,-10,-9,-8,+115,+19,+104,+2,-12,-14,-13,+146,+28,+50,+104,-11,+186,+94",
        addresses: "1004 1064 1264 1064 1332 1532 1004 1332 1264 1532 1064 1532 1236 1064 1056 1332 1196 1264 1064 1660 1532",
        searched: "1 2 2 3 4 4 7 7 9 9 9 12 11 11 11 13 13 13 13 13 13",
        free_list: "1848:3248 1256:4 1320:8 1520:8 1648:8 1224:8 1000:52 1480:40 1168:24 1316:4 1232:24 1052:8 1628:20",
    },
    Fact {
        policy: "worst",
        settings: "list.order=address list.coalesce=none block.header=4 block.align=4",
        size: 4096,
        ops: "+54,-0,+195,+64,-1,+166,-2,+195,+121,-4,-5,-3,+46,+187,-6,-7,+54,+116,+125,-10,-9,-8,+115,+19,+104,+2,-12,-14,-13,+146,+28,+50,+104,-11,+186,+94",
        addresses: "1004 1064 1264 1332 1504 1704 1832 1884 2076 2136 2256 2388 2508 2532 2640 2648 2800 2832 2888 2996 3188",
        searched: "1 2 2 3 4 4 7 7 9 9 9 12 12 12 12 15 15 15 15 16 16",
        free_list: "1000:60 1060:200 1260:68 1328:172 1500:200 1700:128 1828:52 1880:192 2072:60 2132:120 2252:132 2384:120 2504:24 2528:108 2636:8 3284:1812",
    },
    Fact {
        policy: "worst",
        settings: "list.order=size list.coalesce=none block.header=0 block.align=1",
        size: 100,
        ops: "+5,+7,-0,+10,-2,+13,-1,-3,+12,-4,+2,+10,-6,+14,+13,+1,-7,-9,+8,-5,+14,+10,+16,-10,+6,+15,+9,-14,-12,-16,+8,+7,+5,+3,-19,+2",
        addresses: "1000 1005 1012 1022 1035 1047 1049 1059 1073 1086 1059 - 1022 - 1087 - 1035 1012 1049 1022 1035 1059",
        searched: "1 1 2 3 5 6 6 7 7 7 9 10 10 10 11 11 11 14 14 14 14 15",
        free_list: "1086:1 1047:2 1020:2 1032:3 1044:3 1056:3 1000:5 1027:5 1022:5 1067:6 1087:6 1038:6 1005:7 1093:7 1061:6",
    },
    Fact {
        policy: "worst",
        settings: "list.order=size-desc list.coalesce=immediate block.header=0 block.align=1",
        size: 100,
        ops: "+14,-0,+8,-1,+1,-2,+8,-3,+1,+16,+4,+1,+8,+4,+4,+5,+14,+11,+16,-5,+12,-15,+14,-8,+15,-11,+1,+13,+3,+12,-10,+9,-13,+8,+1,-24",
        addresses: "1000 1014 1022 1023 1031 1032 1048 1052 1053 1061 1065 1069 1000 1074 1014 1032 1032 1085 1053 - 1054 - - 1074 1069",
        searched: "1 2 2 2 2 2 2 2 2 2 2 2 2 2 2 3 3 4 4 4 4 4 5 6 6",
        free_list: "1070:4 1057:4 1065:4 1082:3 1046:2 1030:1 1069:1",
    },
    Fact {
        policy: "worst",
        settings: "list.order=front list.coalesce=none block.header=4 block.align=4",
        size: 4096,
        ops: "+54,-0,+195,+64,-1,+166,-2,+195,+121,-4,-5,-3,+46,+187,-6,-7,+54,+116,+125,-10,-9,-8,+115,+19,+104,+2,-12,-14,-13,+146,+28,+50,+104,-11,+186,+94",
        addresses: "1004 1064 1264 1332 1504 1704 1832 1884 2076 2136 2256 2388 2508 2532 2640 2648 2800 2832 2888 2996 3188",
        searched: "1 2 2 3 4 4 7 7 9 9 9 12 12 12 12 15 15 15 15 16 16",
        free_list: "2384:120 2528:108 2636:8 2504:24 2072:60 2132:120 2252:132 1880:192 1828:52 1328:172 1700:128 1500:200 1260:68 1060:200 1000:60 3284:1812",
    },
    Fact {
        policy: "worst",
        settings: "list.order=back list.coalesce=none block.header=0 block.align=1",
        size: 100,
        ops: "+5,+7,-0,+10,-2,+13,-1,-3,+12,-4,+2,+10,-6,+14,+13,+1,-7,-9,+8,-5,+14,+10,+16,-10,+6,+15,+9,-14,-12,-16,+8,+7,+5,+3,-19,+2",
        addresses: "1000 1005 1012 1022 1035 1047 1049 1059 1073 1086 1059 - 1087 - 1022 - 1035 1012 1049 1087 1035 1059",
        searched: "1 1 2 3 5 6 6 7 7 7 9 10 10 10 11 11 11 14 14 14 14 15",
        free_list: "1097:3 1000:5 1020:2 1005:7 1028:7 1044:3 1056:3 1067:6 1086:1 1047:2 1061:6 1022:6 1092:5 1038:6 1087:5",
    },
    Fact {
        policy: "first",
        settings: "list.order=address list.coalesce=none block.header=0 block.align=1",
        size: 100,
        ops: "+5,+7,-0,+10,-2,+13,-1,-3,+12,-4,+2,+10,-6,+14,+13,+1,-7,-9,+8,-5,+14,+10,+16,-11,+6,+15,+9,-13,-14,-15,+8,+7,+5,+3,-18,+2",
        addresses: "1000 1005 1012 1022 1022 1000 1012 1035 1049 1002 1012 1035 1022 1062 1005 1078 1035 1062 1070 1005 1044 1000",
        searched: "1 1 2 3 4 1 3 6 6 1 4 8 6 8 4 9 8 10 10 4 9 1",
        free_list: "1002:1 1003:2 1010:1 1011:1 1020:2 1032:2 1034:1 1047:2 1070:7 1077:1 1078:15 1093:7",
    },
    Fact {
        policy: "first",
        settings: "list.order=size list.coalesce=immediate block.header=0 block.align=1",
        size: 100,
        ops: "+14,-0,+8,-1,+1,-2,+8,-3,+1,+16,+4,+1,+8,+4,+4,+5,+14,+11,+16,-5,+12,-15,+14,-8,+15,-11,+1,+13,+3,+12,-10,+9,-14,+8,+1,-24",
        addresses: "1000 1000 1000 1000 1000 1001 1017 1021 1022 1030 1034 1038 1043 1057 1068 1084 1001 - 1015 - 1096 1084 1034 1022 1016",
        searched: "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 3 4 1 5 2 5 3 3 1",
        free_list: "1099:1 1016:1 1068:16",
    },
    Fact {
        policy: "first",
        settings: "list.order=size-desc list.coalesce=none block.header=4 block.align=4",
        size: 4096,
        ops: "+54,-0,+195,+64,-1,+166,-2,+195,+121,-4,-5,-3,+46,+187,-6,-7,+54,+116,+125,-10,-9,-8,+115,+19,+104,+2,-12,-14,-13,+146,+28,+50,+104,-11,+186,+94",
        addresses: "1004 1064 1264 1332 1504 1704 1832 1884 2076 2136 2256 2388 2508 2532 2640 2648 2800 2832 2888 2996 3188",
        searched: "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        free_list: "3284:1812 1060:200 1500:200 1880:192 1328:172 2252:132 1700:128 2132:120 2384:120 2528:108 1260:68 1000:60 2072:60 1828:52 2504:24 2636:8",
    },
    Fact {
        policy: "first",
        settings: "list.order=front list.coalesce=none block.header=0 block.align=1",
        size: 100,
        ops: "+5,+7,-0,+10,-2,+13,-1,-3,+12,-4,+2,+10,-6,+14,+13,+1,-7,-9,+8,-5,+14,+10,+16,-11,+6,+15,+9,-13,-12,-14,+8,+7,+5,+3,-18,+2",
        addresses: "1000 1005 1012 1022 1022 1022 1024 1035 1049 1024 1035 1062 1012 1076 1062 - 1025 1012 1076 1062 1083 1076",
        searched: "1 1 2 3 1 1 1 6 6 1 2 9 7 8 1 9 5 2 3 1 3 1",
        free_list: "1078:5 1067:1 1020:2 1086:6 1068:8 1022:2 1024:1 1043:6 1034:1 1005:7 1000:5 1092:8",
    },
    Fact {
        policy: "first",
        settings: "list.order=back list.coalesce=immediate block.header=0 block.align=1",
        size: 100,
        ops: "+14,-0,+8,-1,+1,-2,+8,-3,+1,+16,+4,+1,+8,+4,+4,+5,+14,+11,+16,-5,+12,-15,+14,-8,+15,-11,+1,+13,+3,+12,-10,+9,-13,+8,+1,-24",
        addresses: "1000 1014 1022 1023 1031 1032 1048 1052 1053 1061 1065 1069 1074 1088 1000 1016 1032 - 1099 - 1028 1016 - 1053 1046",
        searched: "1 1 1 1 1 1 1 1 1 1 1 1 1 1 2 2 3 5 1 5 1 2 4 2 1",
        free_list: "1047:1 1069:5 1065:4 1088:11 1046:1",
    },
];
