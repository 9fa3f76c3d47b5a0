package cost

import (
	"math"
	"strings"
	"testing"
)

func prices(t *testing.T) *Prices {
	t.Helper()
	p, err := ReadPrices()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func near(got, want float64) bool { return math.Abs(got-want) < 0.005 }

func TestEachPriceHasItsPageAndDay(t *testing.T) {
	t.Parallel()
	p := prices(t)
	a := p.AWS
	for i, price := range []Price{a.LambdaArm64, a.LambdaX86, a.LambdaMillion, a.HTTPAPIMillion, a.Database, a.Secret, a.SecretReads, a.Mails, a.LogsGB} {
		if price.Price <= 0 || !strings.HasPrefix(price.URL, "https://aws.amazon.com/") || !valid(price.Read) {
			t.Errorf("AWS's price %d is %+v", i, price)
		}
	}
	for _, s := range p.Services {
		if s.Name == "" || len(s.Tiers) == 0 || !strings.HasPrefix(s.URL, "https://") || !valid(s.Read) {
			t.Errorf("%+v", s)
		}
	}
	if len(p.Services) < 5 || !valid(p.Newest()) {
		t.Errorf("%d services, read until %s", len(p.Services), p.Newest())
	}
}

func TestServiceMonth(t *testing.T) {
	t.Parallel()
	s := Service{Name: "S", Base: 25, Tiers: []Tier{{50_000, 0}, {100_000, 0.02}, {200_000, 0.01}}}
	for users, want := range map[int]float64{0: 25, 50_000: 25, 50_001: 25.02, 100_000: 1025, 150_000: 1525, 200_000: 2025} {
		if got, err := s.Month(users); err != nil || !near(got, want) {
			t.Errorf("%d users cost %v, %v; want %v", users, got, err, want)
		}
	}
	if _, err := s.Month(200_001); err == nil {
		t.Error("a number that has no price has one")
	}
	s.Tiers[2].UpTo = 0
	if got, err := s.Month(1_000_000); err != nil || !near(got, 25+1000+9000) {
		t.Errorf("a million users cost %v, %v", got, err)
	}
}

// The figures were computed by hand from the price lists.
func TestServicesForTheUsualMonth(t *testing.T) {
	t.Parallel()
	want := map[string]float64{
		"Amazon Cognito Lite": 495, "Amazon Cognito Essentials": 1350, "Supabase Auth, plan Pro": 25, "Google Identity Platform (Firebase)": 275,
		"Clerk, plan Pro": 1025, "WorkOS AuthKit": 0,
	}
	for _, s := range prices(t).Services {
		if got, err := s.Month(Usual.Users); err != nil || !near(got, want[s.Name]) {
			t.Errorf("%s costs %v, %v; want %v", s.Name, got, err, want[s.Name])
		}
	}
}

// 0.08 GB-seconds: 80,000 for a million logins, $1.07 on arm64 and $1.33 on x86, and
// $1.20 for the requests.
func TestMillionLogins(t *testing.T) {
	t.Parallel()
	arm64, x86 := prices(t).MillionLogins(0.08)
	if !near(arm64, 1.0667+1.20) || !near(x86, 1.3333+1.20) {
		t.Errorf("%v on arm64, %v on x86", arm64, x86)
	}
}

// A million users with 10 reads each are 10 million requests and 10 GB of logs.
func TestRosterMonth(t *testing.T) {
	t.Parallel()
	p := prices(t)
	l := Load{Users: 1_000_000, Each: map[string]float64{"get": 10}, Mails: 0.01, LogKB: 1, Reads: 20_000}
	items, err := p.Roster(l, map[string]float64{"get": 0.001})
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{10, 2, 10_000 * 0.0000133334, 1.60 + 0.10, 1.60, 5, 13.98}
	for i, item := range items {
		if !near(item.Dollars, want[i]) {
			t.Errorf("%s: $%v, want $%v", item.Part, item.Dollars, want[i])
		}
	}
	if !near(Total(items), 34.413) {
		t.Errorf("in all $%v", Total(items))
	}
	if _, err := p.Roster(Usual, map[string]float64{"get": 0.001}); err == nil {
		t.Error("logins that were not measured have a price")
	}
	if got := Usual.Requests(); got != 6_210_000 {
		t.Errorf("a usual month has %v requests", got)
	}
	if got := Usual.Pattern(); !strings.Contains(got, "logs in 2 times") || !strings.Contains(got, "one of 10 signs up, and one of 20 gets a mail") {
		t.Error(got)
	}
}
