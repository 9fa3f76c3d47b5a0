package cost

import (
	"fmt"
	"slices"
)

// Load is what users do in a month, by the flows' names.
type Load struct {
	Users int
	Each  map[string]float64 // requests of one user
	Mails float64            // of one user
	LogKB float64            // kilobytes that one request writes to the log
	Reads float64            // of secrets, by all functions
}

// Usual is a month of 100,000 users: each logs in twice, refreshes its session forty
// times and reads its account twenty times, one of ten signs up, and one of twenty
// gets a mail.
var Usual = Load{
	Users: 100_000, Each: map[string]float64{"login": 2, "refresh": 40, "get": 20, "register": 0.1},
	Mails: 0.05, LogKB: 0.5, Reads: 65_000,
}

// Pattern says the load in a sentence.
func (l Load) Pattern() string {
	return fmt.Sprintf("In a month each user logs in %g times, refreshes the session %g times and reads the account %g times; "+
		"one of %g signs up, and one of %g gets a mail; a request writes %g KB to the log, and the functions read secrets %g times.",
		l.Each["login"], l.Each["refresh"], l.Each["get"], 1/l.Each["register"], 1/l.Mails, l.LogKB, l.Reads)
}

// Requests counts the requests of a month.
func (l Load) Requests() (n float64) {
	for _, flow := range flows(l.Each) {
		n += l.Each[flow]
	}
	return n * float64(l.Users)
}

// MillionLogins is what a million logins cost: Lambda's time and requests and those
// of the gateway. It takes the GB-seconds of one login.
func (p *Prices) MillionLogins(gbSeconds float64) (arm64, x86 float64) {
	requests := p.AWS.LambdaMillion.Price + p.AWS.HTTPAPIMillion.Price
	return 1e6*gbSeconds*p.AWS.LambdaArm64.Price + requests, 1e6*gbSeconds*p.AWS.LambdaX86.Price + requests
}

// secrets are those of a deployment.
const secrets = 4

// Item is one line of a month's bill.
type Item struct {
	Part    string
	Dollars float64
}

// Roster is the bill of a month on arm64, with the smallest database. It takes the
// GB-seconds of one request of each flow, and fails where one is missing.
func (p *Prices) Roster(l Load, gbSeconds map[string]float64) ([]Item, error) {
	var time float64
	for _, flow := range flows(l.Each) {
		one, ok := gbSeconds[flow]
		if !ok {
			return nil, fmt.Errorf("the GB-seconds of %s were not measured", flow)
		}
		time += l.Each[flow] * float64(l.Users) * one
	}
	a, millions := p.AWS, l.Requests()/1e6
	return []Item{
		{"API Gateway", millions * a.HTTPAPIMillion.Price},
		{"Lambda, requests", millions * a.LambdaMillion.Price},
		{"Lambda, time", time * a.LambdaArm64.Price},
		{"Secrets Manager", secrets*a.Secret.Price + l.Reads/10_000*a.SecretReads.Price},
		{"mails", l.Mails * float64(l.Users) / 1000 * a.Mails.Price},
		{"logs", l.Requests() * l.LogKB / 1e6 * a.LogsGB.Price},
		{"database db.t4g.micro", a.Database.Price},
	}, nil
}

// Total adds up a bill.
func Total(items []Item) (sum float64) {
	for _, i := range items {
		sum += i.Dollars
	}
	return sum
}

// flows are the names, sorted, so that sums come out the same each time.
func flows(each map[string]float64) []string {
	var names []string
	for name := range each {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
