package blocklist

// Lists, Entries and Unpack are for tests.
var Lists, Entries, Unpack = lists, entries, unpack
