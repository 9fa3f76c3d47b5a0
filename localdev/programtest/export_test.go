package programtest

// Build is what Program does, asked for again.
var Build = build

// RemoveUnused and Unused are for a test with folders of its own.
var RemoveUnused = removeUnused

const MaxUnusedAge = maxUnusedAge
