package client

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Checked is what the portal says of an order that it only checked. Faults come as errors.
type Checked struct {
	Valid    bool   `json:"valid"`
	Sentence string `json:"sentence"`
}

// Check has an order looked over, well formed or not; nothing is stored. The answer is the portal's sentence.
func (c *Client) Check(ctx context.Context, raw []byte) (Checked, error) {
	var out Checked
	_, err := c.do(ctx, request{method: http.MethodPost, path: ordersPath, query: url.Values{"validate_only": {"true"}}, body: raw}, &out)
	return out, err
}

// Nudge has everything looked at now that the order waits for. It buys nothing.
func (c *Client) Nudge(ctx context.Context, id string) (Order, error) {
	return c.order(ctx, request{method: http.MethodPost, path: pathOf(id) + "/nudge", key: newKey()})
}

// PurchaseOrder is the customer's purchase order, for a review that asks for one.
type PurchaseOrder struct {
	FileName string
	Content  []byte
	// CustomerPrice is what the customer pays.
	CustomerPrice Money
	// FxRate is a decimal; empty where the customer pays in the partner's currency.
	FxRate       string
	PartOfTender bool
	TenderLink   string
}

// UploadPurchaseOrder hands the customer's purchase order in.
func (c *Client) UploadPurchaseOrder(ctx context.Context, id string, p PurchaseOrder) (Order, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", p.FileName)
	if err == nil {
		_, err = file.Write(p.Content)
	}
	fields := [][2]string{
		{"customer_price", p.CustomerPrice.Amount}, {"currency", p.CustomerPrice.Currency}, {"fx_rate", p.FxRate},
		{"part_of_tender", strconv.FormatBool(p.PartOfTender)}, {"tender_link", p.TenderLink},
	}
	for _, f := range fields {
		if err == nil && f[1] != "" {
			err = form.WriteField(f[0], f[1])
		}
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return Order{}, fault.New(fault.Internal, "no_form", "The form cannot be written.").Because(err)
	}
	return c.order(ctx, request{
		method: http.MethodPost, path: pathOf(id) + "/purchase-order", key: newKey(), body: body.Bytes(), contentType: form.FormDataContentType(),
	})
}

// Settlement is what somebody says became of lines whose outcome Seatflow could not find out.
type Settlement struct {
	Lines []int32 `json:"lines"`
	// Outcome is done or not_done.
	Outcome string `json:"outcome"`
	// VendorOrderID is needed where something was bought, VendorSubscriptionID of a single line if known.
	VendorOrderID        string `json:"vendor_order_id,omitempty"`
	VendorSubscriptionID string `json:"vendor_subscription_id,omitempty"`
	Note                 string `json:"note"`
}

// Settle says what became of lines that were handed to a person; for admins.
func (c *Client) Settle(ctx context.Context, id string, s Settlement) (Order, error) {
	return c.order(ctx, request{method: http.MethodPost, path: pathOf(id) + "/settle", key: newKey(), body: s})
}
