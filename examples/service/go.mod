// A service elsewhere is a module of its own. It says here where Roster is; see
// docs/verify-elsewhere.md.
module roster/examples/service

go 1.26.0

require roster v0.0.0

require github.com/golang-jwt/jwt/v5 v5.3.1 // indirect

replace roster => ../..
