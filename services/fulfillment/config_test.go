package fulfillment_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/fulfillment"
)

// --check finds what would keep the service from starting, or from ever hearing the vendor, and repeats no password.
func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	good := fulfillment.Vendor{
		BaseURL: "https://api.partnercenter.microsoft.com", TokenURL: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
		Tenant: "t", ClientID: "c", ClientSecret: "s", ReadTimeout: time.Second, WriteTimeout: time.Second, TimeScale: 1,
	}
	for name, c := range map[string]struct {
		change  func(v *fulfillment.Vendor, w *fulfillment.Webhook)
		mention string
	}{
		"fine":             {func(*fulfillment.Vendor, *fulfillment.Webhook) {}, ""},
		"no address":       {func(v *fulfillment.Vendor, _ *fulfillment.Webhook) { v.BaseURL = "api.partnercenter.microsoft.com" }, "--vendor-base-url"},
		"a password in it": {func(v *fulfillment.Vendor, _ *fulfillment.Webhook) { v.TokenURL = "https://u:hunter2@login.example" }, "--vendor-token-url"},
		"an odd audience":  {func(v *fulfillment.Vendor, _ *fulfillment.Webhook) { v.Audience = "partner center" }, "--vendor-audience"},
		"another cloud's": {func(v *fulfillment.Vendor, _ *fulfillment.Webhook) {
			v.Audience = "https://partner.partnercenterapi.microsoftonline.cn"
		}, ""},
		"an address, no host": {func(_ *fulfillment.Vendor, w *fulfillment.Webhook) {
			w.Listen, w.CertificateHosts = "127.0.0.1:1", []string{"https://www.microsoft.com/pki"}
		}, "--webhook-certificate-host"},
		"a host and port": {func(_ *fulfillment.Vendor, w *fulfillment.Webhook) {
			w.Listen, w.CertificateHosts = "127.0.0.1:1", []string{"127.0.0.1:8090", "www.microsoft.com"}
		}, ""},
		"no roots": {func(_ *fulfillment.Vendor, w *fulfillment.Webhook) {
			w.Listen, w.CertificateHosts, w.RootsFile = "127.0.0.1:1", []string{"www.microsoft.com"}, "/does/not/exist.pem"
		}, "--webhook-certificate-roots-file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, w := good, fulfillment.Webhook{}
			c.change(&v, &w)
			err := errors.Join(slices.Concat(v.Validate(), w.Validate())...)
			if (err != nil) != (c.mention != "") || err != nil && (!strings.Contains(err.Error(), c.mention) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("%v", err)
			}
		})
	}
}
