package rdsroots

// Certificates is certificates.
var Certificates = certificates

// Files is files.
var Files = files
