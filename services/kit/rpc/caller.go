// Package rpc carries commands and queries between the portal and the services:
// NATS micro endpoints with protobuf in and out.
//
// Model: a request travels with its deadline, its idempotency key, its trace and
// its caller in headers; errors come back through one table (kit/fault). At most
// so many requests of an endpoint run at once; one more is answered "too many".
//
// Failures: no responder is "unavailable" at once. A timeout of a command is
// ambiguous: repeat it with the same key. A service never believes what a message
// says about its sender: only the portal's NATS user may publish to endpoints.
package rpc

import (
	"strings"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
)

// Caller is who asks, as the portal's door saw them.
type Caller struct {
	Issuer  string       `json:"iss"`
	Subject string       `json:"sub"`
	Name    string       `json:"name,omitempty"`
	Email   string       `json:"email,omitempty"`
	Role    orderv1.Role `json:"role"`
	// Tenant is the one customer that a customer's user may see.
	Tenant string `json:"tenant,omitempty"`
}

// ID names the caller among all callers; idempotency keys belong to it. Subjects such
// as "auth0|1" exist, so the issuer's part must end where it ends.
func (c Caller) ID() string { return issuerEnd.Replace(c.Issuer) + "|" + c.Subject }

var issuerEnd = strings.NewReplacer("%", "%25", "|", "%7C")

// Person is the caller as an order records them.
func (c Caller) Person() *orderv1.Person {
	return &orderv1.Person{
		Issuer: c.Issuer, Subject: c.Subject, Name: c.Name, Email: c.Email, Role: c.Role, Tenant: c.Tenant,
	}
}

// Same reports whether two people are one: the same issuer and subject, or the
// same e-mail address in any case.
func Same(a, b *orderv1.Person) bool {
	if a == nil || b == nil {
		return false
	}
	if a.GetSubject() != "" && a.GetIssuer() == b.GetIssuer() && a.GetSubject() == b.GetSubject() {
		return true
	}
	return a.GetEmail() != "" && strings.EqualFold(a.GetEmail(), b.GetEmail())
}
