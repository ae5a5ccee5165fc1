package domain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/approval/internal/domain"
	"github.com/seatflow/seatflow/services/kit/fault"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const (
	contoso  = "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0001"
	fabrikam = "0b0f3cbe-4d9a-4a24-9d2c-6a1c1f5f0002"
	patience = 720 * time.Hour
)

var (
	emily = &orderv1.Person{Issuer: "local", Subject: "emily", Name: "Emily Chen", Role: orderv1.Role_ROLE_TECHNICIAN}
	john  = &orderv1.Person{Issuer: "local", Subject: "john", Name: "John Smith", Role: orderv1.Role_ROLE_ADMIN}
	jane  = &orderv1.Person{Issuer: "local", Subject: "jane", Name: "Jane Roe", Role: orderv1.Role_ROLE_ADMIN}
	carla = &orderv1.Person{Issuer: "local", Subject: "carla", Name: "Carla", Role: orderv1.Role_ROLE_CUSTOMER, Tenant: contoso}
	cleo  = &orderv1.Person{Issuer: "local", Subject: "cleo", Name: "Cleo", Role: orderv1.Role_ROLE_CUSTOMER_ADMIN, Tenant: contoso}
	erp   = &orderv1.Person{Issuer: "nats", Subject: "erp", Name: "erp", Role: orderv1.Role_ROLE_SYSTEM}
)

// behalf is an order that names somebody else inside.
func behalf(o *orderv1.Order, of *orderv1.Person) *orderv1.Order {
	o.OnBehalfOf = of
	return o
}

func buying(quantity int32, amount, currency string) *orderv1.Line {
	l := &orderv1.Line{Number: 1, Product: "Microsoft 365 E5", Change: &orderv1.Line_NewSubscription{
		NewSubscription: &orderv1.NewSubscription{Quantity: quantity, Term: "P1Y"},
	}}
	if amount != "" {
		l.UnitPrice = &orderv1.Money{Amount: amount, Currency: currency}
	}
	return l
}

func removing(quantity int32, amount, currency string) *orderv1.Line {
	return &orderv1.Line{Number: 2, Product: "Power BI Pro", UnitPrice: &orderv1.Money{Amount: amount, Currency: currency},
		Change: &orderv1.Line_RemoveSeats{RemoveSeats: &orderv1.RemoveSeats{Quantity: quantity}}}
}

func usd(amount string) *orderv1.Money {
	if amount == "" {
		return nil
	}
	return &orderv1.Money{Amount: amount, Currency: "USD"}
}

func addingOn(quantity int32, amount string) *orderv1.Line {
	return &orderv1.Line{Number: 3, Product: "Teams Phone", UnitPrice: usd(amount), Change: &orderv1.Line_AddOn{AddOn: &orderv1.AddOn{Quantity: quantity}}}
}

func moving(quantity int32, amount string) *orderv1.Line {
	return &orderv1.Line{Number: 4, Product: "Microsoft 365 E5", UnitPrice: usd(amount), Change: &orderv1.Line_ChangeProduct{ChangeProduct: &orderv1.ChangeProduct{Quantity: quantity}}}
}

func terming(amount string) *orderv1.Line {
	return &orderv1.Line{Number: 5, Product: "Visio", UnitPrice: usd(amount), Change: &orderv1.Line_ChangeTerm{ChangeTerm: &orderv1.ChangeTerm{Term: "P1Y"}}}
}

func stopping(amount string) *orderv1.Line {
	return &orderv1.Line{Number: 6, Product: "Visio", UnitPrice: usd(amount), Change: &orderv1.Line_Suspend{Suspend: &orderv1.Suspend{}}}
}

func order(by *orderv1.Person, lines ...*orderv1.Line) *orderv1.Order {
	return &orderv1.Order{Customer: &orderv1.Customer{TenantId: contoso, Name: "Contoso Corp"}, Requester: by, Lines: lines}
}

func rules(t *testing.T, all ...domain.Rule) domain.Rules {
	t.Helper()
	rs, err := domain.NewRules(all)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func TestMatch(t *testing.T) {
	t.Parallel()
	over := domain.Rule{Name: domain.AmountOver, Active: true, Threshold: "10000.0000"}
	first := domain.Rule{Name: domain.FirstOrder, Active: true}
	notAdmin := domain.Rule{Name: domain.RequesterNotAdmin, Active: true}
	for name, c := range map[string]struct {
		rules []domain.Rule
		order *orderv1.Order
		known bool
		want  []string
	}{
		"exactly the threshold is not over":   {[]domain.Rule{over}, order(emily, buying(100, "100.00", "USD")), true, nil},
		"a hundredth more is over":            {[]domain.Rule{over}, order(emily, buying(1, "10000.01", "USD")), true, []string{"Order exceeds USD 10,000.00 threshold requiring admin approval."}},
		"the currency is the order's":         {[]domain.Rule{over}, order(emily, buying(25, "570", "EUR")), true, []string{"Order exceeds EUR 10,000.00 threshold requiring admin approval."}},
		"lines add up":                        {[]domain.Rule{over}, order(emily, buying(1, "9999", "USD"), buying(1, "1.0001", "USD")), true, []string{"Order exceeds USD 10,000.00 threshold requiring admin approval."}},
		"seats taken away count for nothing":  {[]domain.Rule{over}, order(emily, removing(1000, "100", "USD")), true, nil},
		"the biggest order is no trouble":     {[]domain.Rule{over}, order(emily, buying(100000, "999999999999.9999", "USD")), true, []string{"Order exceeds USD 10,000.00 threshold requiring admin approval."}},
		"first order":                         {[]domain.Rule{first}, order(john, buying(1, "1", "USD")), false, []string{"First order for Contoso Corp requires review."}},
		"not the first order":                 {[]domain.Rule{first}, order(john, buying(1, "1", "USD")), true, nil},
		"no admin":                            {[]domain.Rule{notAdmin}, order(emily, buying(1, "1", "USD")), true, []string{"Requested by Emily Chen (technician); orders not placed by an admin require approval."}},
		"an admin":                            {[]domain.Rule{notAdmin}, order(john, buying(1, "1", "USD")), true, nil},
		"a system is no admin":                {[]domain.Rule{notAdmin}, order(&orderv1.Person{Name: "erp", Role: orderv1.Role_ROLE_SYSTEM}, buying(1, "1", "USD")), true, []string{"Requested by erp (system); orders not placed by an admin require approval."}},
		"a missing price holds without rules": {nil, order(john, buying(1, "", "")), true, []string{"Line 1 (Microsoft 365 E5) has no price, so the amount must be reviewed by an admin."}},
		"a customer's price does not count":   {[]domain.Rule{over}, order(carla, buying(100, "0.01", "USD")), true, []string{"The prices were given by Carla (customer) and not by the partner, so the amount must be reviewed by an admin."}},
		"nor one that is high":                {[]domain.Rule{over}, order(cleo, buying(1, "999999", "USD")), true, []string{"The prices were given by Cleo (customer admin) and not by the partner,"}},
		"nor by naming somebody of ours":      {nil, behalf(order(carla, buying(1, "0.01", "USD")), john), true, []string{"The prices were given by Carla"}},
		"nor by a role that is not known":     {nil, order(&orderv1.Person{Name: "X", Role: 99}, buying(1, "0.01", "USD")), true, []string{"The prices were given by X"}},
		"one reason for all of them":          {nil, order(carla, buying(1, "0.01", "USD"), buying(1, "", ""), buying(2, "3", "EUR")), true, []string{"The prices were given by Carla", "Line 1 (Microsoft 365 E5) has no price"}},
		"a customer who takes seats away":     {nil, order(carla, removing(5, "100", "USD")), true, nil},
		"a system's price counts":             {[]domain.Rule{over}, behalf(order(erp, buying(1, "9", "USD")), carla), true, nil},
		"a technician's for a customer too":   {[]domain.Rule{over}, behalf(order(emily, buying(1, "9", "USD")), carla), true, nil},
		"a price is not needed to take away":  {nil, order(john, &orderv1.Line{Change: removing(1, "", "").Change}), true, nil},
		"all reasons are kept":                {[]domain.Rule{over, first, notAdmin}, order(emily, buying(25, "570.00", "USD"), buying(1, "", "")), false, []string{"Order exceeds USD 10,000.00", "First order for Contoso", "Requested by Emily", "Line 1 (Microsoft"}},
		"rules that are off match nothing":    {[]domain.Rule{{Name: domain.AmountOver, Threshold: "1"}, {Name: domain.FirstOrder}, {Name: domain.RequesterNotAdmin}}, order(emily, buying(25, "570", "USD")), false, nil},
		"a rule of a newer version is passed": {[]domain.Rule{{Name: "phase_of_the_moon", Active: true}}, order(emily, buying(25, "570", "USD")), false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := rules(t, c.rules...).Match(c.order, c.known)
			if err != nil || len(got) != len(c.want) {
				t.Fatalf("Match = %v, %v; want %q", got, err, c.want)
			}
			for i := range got {
				if !strings.HasPrefix(got[i].Sentence, c.want[i]) {
					t.Errorf("reason %d is %q, want %q", i, got[i].Sentence, c.want[i])
				}
			}
		})
	}
}

// TestMatchOfEveryChange is TestMatch for changes that are no matter of buying seats alone.
func TestMatchOfEveryChange(t *testing.T) {
	t.Parallel()
	over := domain.Rule{Name: domain.AmountOver, Active: true, Threshold: "10000.0000"}
	for name, c := range map[string]struct {
		rules []domain.Rule
		order *orderv1.Order
		known bool
		want  []string
	}{
		"an add-on is bought":                {[]domain.Rule{over}, order(emily, addingOn(1, "10000.01")), true, []string{"Order exceeds USD 10,000.00"}},
		"and needs a price":                  {nil, order(john, addingOn(1, "")), true, []string{"Line 3 (Teams Phone) has no price"}},
		"seats that move count with a price": {[]domain.Rule{over}, order(emily, moving(2, "5000.01")), true, []string{"Order exceeds USD 10,000.00"}},
		"and without one cost nothing":       {[]domain.Rule{over}, order(emily, moving(2, "")), true, nil},
		"a price for who knows how many":     {[]domain.Rule{over}, order(emily, moving(0, "0.01")), true, []string{"Line 4 (Microsoft 365 E5) has a price for all seats of a subscription, however many there are"}},
		"the same for a term":                {nil, order(john, terming("5")), true, []string{"Line 5 (Visio) has a price for all seats"}},
		"a term without a price":             {nil, order(john, terming("")), true, nil},
		"nothing times who knows how many":   {nil, order(john, terming("0.00")), true, nil},
		"a customer's price for a term":      {nil, order(carla, terming("5")), true, []string{"The prices were given by Carla"}},
		"what costs nothing is not priced":   {[]domain.Rule{over}, order(carla, stopping("99999")), true, nil},
	} {
		got, err := rules(t, c.rules...).Match(c.order, c.known)
		if err != nil || len(got) != len(c.want) || len(got) > 0 && !strings.HasPrefix(got[0].Sentence, c.want[0]) {
			t.Errorf("%s: Match = %v, %v; want %q", name, got, err, c.want)
		}
	}
}

func TestMatchRefusesWhatCannotBeSummed(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]*orderv1.Order{
		"two currencies": order(john, buying(1, "1", "USD"), buying(1, "1", "EUR")),
		"no number":      order(john, buying(1, "many", "USD")),
		"not a number":   order(john, buying(1, "NaN", "USD")),
	} {
		if _, err := (domain.Rules{}).Match(o, true); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// waiting is a request of Emily's, for whom Jane is named, that an admin has to decide.
func waiting(t *testing.T) domain.Request {
	t.Helper()
	r, changed, err := domain.Request{}.Submit(domain.Submission{Order: order(emily, buying(1, "", "")), Tenant: contoso, Patience: patience}, domain.Rules{}, noon)
	if err != nil || !changed || r.State != domain.Awaiting {
		t.Fatalf("Submit = %v, %v, %v", r, changed, err)
	}
	return r
}

func customer(role orderv1.Role, tenant string) domain.Actor {
	return domain.Actor{Person: &orderv1.Person{Issuer: "local", Subject: "c", Name: "C", Role: role, Tenant: tenant}}
}

func approve(r domain.Request, a domain.Actor, at time.Time) error {
	_, err := r.Approve(a, "", at)
	return err
}

func reject(r domain.Request, a domain.Actor, at time.Time) error {
	_, err := r.Reject(a, "no", at)
	return err
}

func cancel(r domain.Request, a domain.Actor, at time.Time) error {
	_, err := r.Withdraw(a, "", at)
	return err
}

// requests is one request in each state.
func requests(t *testing.T) map[string]domain.Request {
	t.Helper()
	open, minute := waiting(t), noon.Add(time.Minute)
	granted, err1 := open.Approve(domain.Actor{Person: john}, "", minute)
	rejected, err2 := open.Reject(domain.Actor{Person: john}, "too much", minute)
	withdrawn, err3 := open.Withdraw(domain.Actor{Person: emily, Asked: true}, "", minute)
	automatic, _, err4 := domain.Request{}.Submit(domain.Submission{Order: order(john), Tenant: contoso, KnownCustomer: true}, domain.Rules{}, noon)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	expired, _ := open.Expire(open.ExpiresAt)
	return map[string]domain.Request{
		"none": {}, "open": open, "granted": granted, "automatic": automatic, "rejected": rejected, "withdrawn": withdrawn, "expired": expired,
	}
}

// refusals is what must not be done, to a request in which state, by whom and when.
var refusals = map[string]struct {
	do   func(domain.Request, domain.Actor, time.Time) error
	r    string
	by   domain.Actor
	at   time.Time
	code string
	says string
}{
	"a technician does not approve":      {approve, "open", domain.Actor{Person: emily}, noon, "admin_only", ""},
	"a customer's admin does not either": {reject, "open", customer(orderv1.Role_ROLE_CUSTOMER_ADMIN, contoso), noon, "admin_only", ""},
	"who asked does not approve":         {approve, "open", domain.Actor{Person: jane, Asked: true}, noon, "requester_decides", ""},
	"who asked does not reject":          {reject, "open", domain.Actor{Person: jane, Asked: true}, noon, "requester_decides", ""},
	"not before it came":                 {approve, "none", domain.Actor{Person: jane}, noon, "not_arrived_yet", ""},
	"a passed due time binds":            {approve, "open", domain.Actor{Person: jane}, noon.Add(patience), "expired", ""},
	"for cancel too":                     {cancel, "open", domain.Actor{Person: jane}, noon.Add(patience), "expired", ""},
	"a second decision":                  {reject, "granted", domain.Actor{Person: jane}, noon, "already_decided", "already approved by John Smith on 2026-11-21 12:01 UTC"},
	"after an automatic one":             {approve, "automatic", domain.Actor{Person: jane}, noon, "already_decided", "already approved by a rule check"},
	"after a rejection":                  {approve, "rejected", domain.Actor{Person: jane}, noon, "already_decided", "already rejected by John Smith"},
	"after a cancel":                     {approve, "withdrawn", domain.Actor{Person: jane}, noon, "already_decided", "already cancelled by Emily Chen"},
	"after the end":                      {approve, "expired", domain.Actor{Person: jane}, noon.Add(patience), "expired", ""},
	"cancel after a grant":               {cancel, "granted", domain.Actor{Person: jane}, noon, "moved_on", ""},
	"cancel after a rejection":           {cancel, "rejected", domain.Actor{Person: jane}, noon, "already_decided", ""},
	"cancel twice":                       {cancel, "withdrawn", domain.Actor{Person: jane}, noon, "already_decided", ""},
	"a customer's own only":              {cancel, "open", customer(orderv1.Role_ROLE_CUSTOMER, contoso), noon, "not_your_order", ""},
	"another customer's admin":           {cancel, "open", customer(orderv1.Role_ROLE_CUSTOMER_ADMIN, fabrikam), noon, "order_not_found", ""},
	"a customer, before it came":         {cancel, "none", customer(orderv1.Role_ROLE_CUSTOMER, contoso), noon, "not_arrived_yet", ""},
	"another system":                     {cancel, "open", domain.Actor{Person: &orderv1.Person{Role: orderv1.Role_ROLE_SYSTEM}}, noon, "not_your_order", ""},
	"whom somebody else named":           {cancel, "open", domain.Actor{Person: customer(orderv1.Role_ROLE_CUSTOMER, contoso).Person, Asked: true}, noon, "not_your_order", ""},
	"a system, before it came":           {cancel, "none", domain.Actor{Person: &orderv1.Person{Role: orderv1.Role_ROLE_SYSTEM}}, noon, "not_arrived_yet", ""},
	"a customer's, granted at once":      {cancel, "automatic", customer(orderv1.Role_ROLE_CUSTOMER, contoso), noon, "moved_on", ""},
	"a system's, granted at once":        {cancel, "automatic", domain.Actor{Person: &orderv1.Person{Role: orderv1.Role_ROLE_SYSTEM}}, noon, "moved_on", ""},
	"another customer's, granted":        {cancel, "automatic", customer(orderv1.Role_ROLE_CUSTOMER, fabrikam), noon, "order_not_found", ""},
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	all := requests(t)
	for name, c := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f *fault.Error
			if err := c.do(all[c.r], c.by, c.at); !errors.As(err, &f) || f.Code != c.code || !strings.Contains(f.Message, c.says) {
				t.Fatalf("got %v, want code %s saying %q", err, c.code, c.says)
			}
			if f.Message == "" || f.Hint == "" && f.Code != "order_not_found" {
				t.Errorf("%s has no sentence or no hint", f.Code)
			}
		})
	}
	if f := fault.As(cancel(all["granted"], domain.Actor{Person: jane}, noon)); f.Owner != "fulfillment" || f.Kind != fault.MovedOn {
		t.Errorf("cancel of a granted order names %q", f.Owner)
	}
	if _, err := all["open"].Reject(domain.Actor{Person: jane}, " \n", noon); fault.As(err).Field != "reason" {
		t.Errorf("a rejection without reason: %v", err)
	}
}

func TestWithdrawIsAllowed(t *testing.T) {
	t.Parallel()
	own := customer(orderv1.Role_ROLE_CUSTOMER, contoso)
	own.Asked, own.Placed = true, true
	for name, by := range map[string]domain.Actor{
		"an admin": {Person: john}, "a technician": {Person: emily},
		"the customer's admin": customer(orderv1.Role_ROLE_CUSTOMER_ADMIN, contoso), "who asked": own,
		"the system that asked": {Person: &orderv1.Person{Subject: "erp", Role: orderv1.Role_ROLE_SYSTEM}, Asked: true, Placed: true},
	} {
		if r, err := waiting(t).Withdraw(by, "", noon); err != nil || r.State != domain.Withdrawn {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Customers read the sentences, so nobody of the partner's is called by an address.
func TestSentencesNameNoStaffAddress(t *testing.T) {
	t.Parallel()
	nameless := &orderv1.Person{Issuer: "local", Subject: "john@partner.example", Email: "john@partner.example", Role: orderv1.Role_ROLE_ADMIN}
	granted, err := waiting(t).Approve(domain.Actor{Person: nameless}, "", noon)
	if err != nil || granted.Sentence(noon) != "Approved by an admin; submitting to Partner Center…" {
		t.Errorf("%q, %v", granted.Sentence(noon), err)
	}
}

func TestSetRule(t *testing.T) {
	t.Parallel()
	over := domain.Rule{Name: domain.AmountOver, Active: true, Threshold: "10000.00"}
	if r, err := over.Set(false, ""); err != nil || r.Active || r.Threshold != "10000.00" {
		t.Errorf("switched off: %v, %v", r, err)
	}
	if r, err := over.Set(true, "250.5"); err != nil || r.Sentence() != "Orders over 250.50 in their own currency need an admin's approval." {
		t.Errorf("another threshold: %q, %v", r.Sentence(), err)
	}
	if _, err := over.Set(true, "lots"); fault.As(err).Field != "rule.threshold" {
		t.Errorf("no number: %v", err)
	}
	for _, c := range []struct {
		r    domain.Rule
		want string
	}{{over, "on-10000.00"}, {domain.Rule{Name: domain.AmountOver, Threshold: "10000.0000"}, "off-10000.00"}, {domain.Rule{Name: domain.FirstOrder}, "off"}} {
		if got := c.r.Version(); got != c.want || c.r.Expect([]string{"", got}) != nil || c.r.Expect(nil) != nil {
			t.Errorf("version %q, want %q", got, c.want)
		}
	}
	if err := over.Expect([]string{"", "off-10000.00", "on-1"}); fault.As(err).Code != "changed_meanwhile" || fault.KindOf(err) != fault.Conflict {
		t.Errorf("seen otherwise: %v", err)
	}
	if _, err := (domain.Rule{Name: domain.FirstOrder}).Set(true, "1"); fault.As(err).Code != "no_threshold" {
		t.Errorf("a threshold for another rule: %v", err)
	}
}
