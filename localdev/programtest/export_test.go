package programtest

// Build is what Program does, asked for again.
var Build = build
