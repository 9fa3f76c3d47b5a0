package api_test

import (
	"flag"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"roster/shared/user"
)

// guess sends wrong passwords until one must wait, and returns how many were
// checked.
func guess(h http.Handler, name, device string, most int) (checked int) {
	for i := range most {
		if a := sendFrom(h, fmt.Sprintf("10.9.%d.1", i), "/api/user/login", credentialsOf(name, "guess"), device); a.status != 401 {
			return checked
		}
		checked++
	}
	return checked
}

// Whatever device tokens somebody has got hold of, they share one budget beside
// the strangers': five guesses before the first wait, and five more.
func TestDeviceTokensGiveNoMoreGuesses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	h := s.withDefaultLimits()
	var devices []string
	for i := range 45 {
		devices = append(devices, deviceToken(t, sendFrom(h, fmt.Sprintf("10.8.%d.1", i), "/api/user/login", credentialsOf("ann", right), "")))
	}
	began, checked := time.Now(), 0
	for _, device := range devices {
		checked += guess(h, "ann", device, 5)
	}
	if most := 10 + 2*int(time.Since(began)/time.Second); checked < 10 || checked > most {
		t.Errorf("%d guesses were checked in %v", checked, time.Since(began))
	}
}

// A thief uses up the budget of the known devices with a copied token. The owner's next
// login ends that: the account knows the owner's device alone, which is again not
// kept out by strangers, and the copied token is worth nothing.
func TestALoginEndsWhatAThiefOfADeviceTokenHas(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	limits := user.DefaultLimits
	limits.MaxConsecutiveFailures = 4
	h := routesWithLimits(s.db, s.box, false, limits)
	logIn := func(device string) answer {
		return sendFrom(h, ownerAddress, "/api/user/login", credentialsOf("ann", right), device)
	}
	phone, laptop := deviceToken(t, logIn("")), deviceToken(t, logIn(""))
	if n := guess(h, "ann", laptop, 4); n != 4 {
		t.Fatalf("%d guesses with a copied token", n)
	}
	if phone = deviceToken(t, logIn(phone)); guess(h, "ann", laptop, 20) != 4 {
		t.Error("the copied token is more than a stranger's")
	}
	if a := logIn(phone); a.status != 200 {
		t.Errorf("the owner's device, while strangers have used up their budget: %d %s", a.status, a.body)
	}
}

// Strangers guess, and an owner with any of the known devices gets in at the
// first attempt, by either name.
func TestEachKnownDeviceGetsInDuringAnAttack(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	h := s.withDefaultLimits()
	phone := deviceToken(t, sendFrom(h, ownerAddress, "/api/user/login", credentialsOf("ann", right), ""))
	laptop := deviceToken(t, sendFrom(h, ownerAddress, "/api/user/login", credentialsOf("ann@example.com", right), ""))
	if guess(h, "ann", "", 10) < 5 || guess(h, "ANN@example.com", "", 10) > 1 {
		t.Error("the username and the address have budgets of their own")
	}
	for _, device := range []string{phone, laptop} {
		for _, name := range []string{"ann", "Ann@Example.com"} {
			if got := deviceToken(t, sendFrom(h, ownerAddress, "/api/user/login", credentialsOf(name, right), device)); got != device {
				t.Errorf("the device %s has become %s", device, got)
			}
		}
	}
}

// Somebody guesses at a free name. The account that is registered under it starts
// anew.
func TestANewAccountStartsWithCleanCounters(t *testing.T) {
	t.Parallel()
	s := newService(t)
	h := s.withDefaultLimits()
	if n := guess(h, "zoe.lee", "", 10); n < 5 {
		t.Fatalf("%d guesses were checked", n)
	}
	if a := send(t, h, "POST", "/api/user/register", zoeRegistration); a.status != 201 {
		t.Fatalf("register: %d %s", a.status, a.body)
	}
	deviceToken(t, sendFrom(h, ownerAddress, "/api/user/login", credentialsOf("zoe.lee", right), ""))
}

var rightLogins = flag.Int("right-logins", 100, "logins of TestRightPasswordsAreNotRefused, fifty at a time")

// Attempts that are being checked keep others waiting, but right passwords are
// never refused because of right ones, also from one network.
func TestRightPasswordsAreNotRefused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.account("ann")
	h := s.withDefaultLimits()
	next := make(chan int)
	var mu sync.Mutex
	statuses := map[int]int{}
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			for range next {
				a := sendFrom(h, ownerAddress, "/api/user/login", credentialsOf("ann", right), "")
				mu.Lock()
				statuses[a.status]++
				mu.Unlock()
			}
		})
	}
	for i := range *rightLogins {
		next <- i
	}
	close(next)
	group.Wait()
	if statuses[200] != *rightLogins {
		t.Errorf("statuses %v, want %d × 200", statuses, *rightLogins)
	}
}
