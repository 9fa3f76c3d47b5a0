package password

// Parse is parse, so that the fuzzer need not compute a hash for each try.
var Parse = parse
