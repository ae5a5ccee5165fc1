package portal

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/seatflow/seatflow/services/kit/service"
	"github.com/seatflow/seatflow/services/portal/internal/auth"
	"github.com/seatflow/seatflow/services/portal/issuer"
)

// Config is what the portal can be told. Zero values of what has a default mean the default.
type Config struct {
	NATS service.NATS `embed:""`
	Ops  service.Ops  `embed:""`

	Listen      string `name:"listen" env:"SEATFLOW_PORTAL_LISTEN" default:"127.0.0.1:8080" help:"Address of the HTTP API."`
	MaxInFlight int    `name:"max-in-flight" env:"SEATFLOW_PORTAL_MAX_IN_FLIGHT" default:"1024" help:"Requests answered at once; further ones are refused as busy."`

	Issuers     []string          `name:"issuer" env:"SEATFLOW_ISSUERS" help:"OpenID Connect issuers whose tokens are believed, parted by commas."`
	Audience    string            `name:"audience" env:"SEATFLOW_AUDIENCE" default:"seatflow" help:"What their tokens must be meant for."`
	LocalIssuer string            `name:"local-issuer" env:"SEATFLOW_LOCAL_ISSUER" help:"Folder of the local issuer's key, for trying Seatflow out; needs a loopback address."`
	NameClaim   string            `name:"name-claim" env:"SEATFLOW_NAME_CLAIM" default:"name" help:"Claim with the person's name."`
	EmailClaim  string            `name:"email-claim" env:"SEATFLOW_EMAIL_CLAIM" default:"email" help:"Claim with the e-mail address."`
	RoleClaim   string            `name:"role-claim" env:"SEATFLOW_ROLE_CLAIM" default:"role" help:"Claim with the role or roles; a path with dots is followed."`
	TenantClaim string            `name:"tenant-claim" env:"SEATFLOW_TENANT_CLAIM" default:"tenant" help:"Claim with a customer's own tenant id."`
	Roles       map[string]string `name:"roles" env:"SEATFLOW_ROLES" help:"The issuers' role names and ours, such as Seatflow.Admin=admin;Seatflow.User=technician."`
	ClockSkew   time.Duration     `name:"clock-skew" env:"SEATFLOW_CLOCK_SKEW" default:"30s" help:"How far the issuers' clocks may differ from ours."`
	Remember    int               `name:"remember-tokens" env:"SEATFLOW_REMEMBER_TOKENS" default:"10000" help:"Verified tokens that are remembered."`
}

// maxSkew bounds how much longer than it says a token may be good.
const maxSkew = 5 * time.Minute

// OpsSettings tells service.Main where operators look.
func (c Config) OpsSettings() service.Ops { return c.Ops }

// Validate checks what a single setting cannot tell.
func (c *Config) Validate() []error {
	c.fill()
	var errs []error
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		errs = append(errs, fmt.Errorf("--listen must be an address such as 127.0.0.1:8080: %w", err))
	}
	if c.LocalIssuer != "" && !issuer.Loopback(c.Listen) {
		errs = append(errs, errors.New("--local-issuer is for trying Seatflow out and works on a loopback address only: listen on 127.0.0.1, or use --issuer"))
	}
	if c.LocalIssuer == "" && len(c.Issuers) == 0 {
		errs = append(errs, errors.New("nobody could sign in: give --issuer, or --local-issuer to try Seatflow out"))
	}
	for _, i := range c.Issuers {
		u, err := url.Parse(i)
		if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !issuer.Loopback(u.Host)) {
			errs = append(errs, fmt.Errorf("--issuer %q must be an https URL", i))
		}
	}
	for theirs, ours := range c.Roles {
		if !auth.KnownRole(ours) {
			errs = append(errs, fmt.Errorf("--roles gives %q the role %q, which must be admin, technician, customer_admin, customer or system", theirs, ours))
		}
	}
	if c.ClockSkew < 0 || c.ClockSkew > maxSkew {
		errs = append(errs, fmt.Errorf("--clock-skew must be from 0s to %s", maxSkew))
	}
	if c.MaxInFlight < 1 || c.Remember < 0 {
		errs = append(errs, errors.New("--max-in-flight must be 1 or more, and --remember-tokens 0 or more"))
	}
	return errs
}

// fill sets the defaults of a Config that a program made itself.
func (c *Config) fill() {
	set := func(s *string, value string) {
		if *s == "" {
			*s = value
		}
	}
	names := auth.DefaultClaims()
	set(&c.Listen, "127.0.0.1:8080")
	set(&c.Audience, issuer.Audience)
	set(&c.NameClaim, names.Name)
	set(&c.EmailClaim, names.Email)
	set(&c.RoleClaim, names.Role)
	set(&c.TenantClaim, names.Tenant)
	if c.MaxInFlight == 0 {
		c.MaxInFlight = 1024
	}
	if c.ClockSkew == 0 {
		c.ClockSkew = 30 * time.Second
	}
	if c.Remember == 0 {
		c.Remember = 10_000
	}
}

// door is the part of the settings that says whom to believe.
func (c *Config) door(local *issuer.Issuer) auth.Config {
	return auth.Config{
		Issuers: c.Issuers, Audience: c.Audience, Roles: c.Roles, Skew: c.ClockSkew, Remember: c.Remember, Local: local,
		Claims: auth.ClaimNames{Name: c.NameClaim, Email: c.EmailClaim, Role: c.RoleClaim, Tenant: c.TenantClaim},
	}
}
