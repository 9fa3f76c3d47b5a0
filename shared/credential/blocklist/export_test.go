package blocklist

// Lists, Entries and Unpack are what the set is made of, it, and the making.
var Lists, Entries, Unpack = lists, entries, unpack
