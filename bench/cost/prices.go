// Package cost computes what Roster costs on AWS from measured GB-seconds and list
// prices, and what services cost that charge by user. The prices are in prices.json,
// each with its page and the day on which it was read. Free tiers of AWS are not
// counted, because they end or belong to the whole account; those of the services
// are, because they are part of their price. It refuses to round in anyone's favour,
// and to price people's work.
package cost

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"time"
)

//go:embed prices.json
var pricesJSON []byte

// Price is one list price in US dollars.
type Price struct {
	Price float64 `json:"price"`
	URL   string  `json:"url"`
	Read  string  `json:"read"` // the day, as 2006-01-02
	How   string  `json:"how"`  // where it was read, if not on the page itself
}

// Service charges by user. How says where the price was read.
type Service struct {
	Name  string  `json:"name"`
	Base  float64 `json:"base"` // for a month
	Tiers []Tier  `json:"tiers"`
	URL   string  `json:"url"`
	Read  string  `json:"read"`
	How   string  `json:"how"`
}

// Tier is the price of each user in a range.
type Tier struct {
	UpTo int     `json:"up_to"` // 0 for no end
	Each float64 `json:"each"`
}

// Prices are the content of prices.json.
type Prices struct {
	Region   string `json:"region"`
	Currency string `json:"currency"`
	AWS      struct {
		LambdaArm64    Price `json:"lambda_arm64_gb_second"`
		LambdaX86      Price `json:"lambda_x86_gb_second"`
		LambdaMillion  Price `json:"lambda_million_requests"`
		HTTPAPIMillion Price `json:"http_api_million_requests"`
		Database       Price `json:"rds_db_t4g_micro_month"`
		Secret         Price `json:"secret_month"`
		SecretReads    Price `json:"secret_10000_reads"`
		Mails          Price `json:"ses_1000_mails"`
		LogsGB         Price `json:"logs_gb"`
	} `json:"aws"`
	Services []Service         `json:"services"`
	LeftOut  map[string]string `json:"left_out"`
}

// ReadPrices returns the prices of prices.json.
func ReadPrices() (*Prices, error) {
	var p Prices
	d := json.NewDecoder(bytes.NewReader(pricesJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("prices.json: %w", err)
	}
	return &p, nil
}

// Newest is the latest day on which a price was read.
func (p *Prices) Newest() string {
	day := p.AWS.LambdaArm64.Read
	for _, s := range p.Services {
		day = max(day, s.Read)
	}
	return day
}

// Month is what the service costs for a month with a number of active users. It
// fails where the price list ends before that number.
func (s Service) Month(users int) (float64, error) {
	total, from := s.Base, 0
	for _, t := range s.Tiers {
		upTo := t.UpTo
		if upTo == 0 {
			upTo = math.MaxInt
		}
		if users <= from {
			return total, nil
		}
		total += float64(min(users, upTo)-from) * t.Each
		from = upTo
	}
	if users > from {
		return 0, fmt.Errorf("%s has no price for %d users", s.Name, users)
	}
	return total, nil
}

// valid reports whether a day is one.
func valid(day string) bool {
	_, err := time.Parse(time.DateOnly, day)
	return err == nil
}
