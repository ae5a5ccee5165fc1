package partnercenter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/textproto"
)

// PurchaseOrder is the customer's purchase order for an order that waits in OrderPendingPOUpload.
type PurchaseOrder struct {
	IsPartOfTender bool
	CustomerPrice  json.Number // what the customer pays, as decimal text
	Currency       string      // ISO 4217
	FXRate         json.Number // "": not told
	TenderLink     string      // of a tender; else TenderFiles
	Files          []File      // at least one
	TenderFiles    []File
}

// File is a document to upload.
type File struct {
	Name    string
	Type    string // media type; "" is application/octet-stream
	Content []byte
}

// Attachment is a document that the vendor has for an order.
type Attachment struct {
	ID       string
	FileName string
	SizeKB   json.Number
	Type     string // poattachment, tender_attachment
}

// AttachPurchaseOrder uploads a purchase order. Repeating it may attach the documents twice: after Unknown the list tells. The
// vendor's review follows, shown by the order's status.
func (c *Client) AttachPurchaseOrder(ctx context.Context, ex Exchange, customer, order string, po PurchaseOrder) ([]Attachment, Answer, error) {
	body, content, err := po.encode(ex.RequestID)
	if err != nil {
		answer := c.local(opAttachPurchaseOrder, entryBadInput)
		failure := answer.fault(opAttachPurchaseOrder, err)
		return nil, answer, failure
	}
	path := []string{"customers", customer, "orders", order, "attachment"}
	return listed[Attachment](ctx, c, ex, request{op: opAttachPurchaseOrder, path: path, body: body, content: content})
}

// ListAttachments reads which documents the vendor has for an order.
func (c *Client) ListAttachments(ctx context.Context, ex Exchange, customer, order string) ([]Attachment, Answer, error) {
	path := []string{"customers", customer, "orders", order, "attachments"}
	return listed[Attachment](ctx, c, ex, request{op: opListAttachments, path: path})
}

// encode writes the parts of the upload. The boundary is made of the request id, so that a repeated request is the same to
// the byte; a document that has the boundary inside is refused.
func (po *PurchaseOrder) encode(requestID string) (body []byte, content string, err error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	if requestID != "" {
		if err := w.SetBoundary("seatflow-" + requestID); err != nil {
			return nil, "", err
		}
	}
	metadata, err := json.Marshal(struct {
		IsPartOfTender bool        `json:"isPartofTender"`
		CustomerPrice  json.Number `json:"customerPrice,omitempty"`
		Currency       string      `json:"currency,omitempty"`
		FXRate         json.Number `json:"fxRate,omitempty"`
		TenderLink     string      `json:"tenderLink,omitempty"`
	}{po.IsPartOfTender, po.CustomerPrice, po.Currency, po.FXRate, po.TenderLink})
	if err != nil {
		return nil, "", err
	}
	if err := writePart(w, "metadata", File{Type: contentJSON[0], Content: metadata}); err != nil {
		return nil, "", err
	}
	for _, part := range []struct {
		name  string
		files []File
	}{{"pofiles", po.Files}, {"tenderfiles", po.TenderFiles}} {
		for _, f := range part.files {
			if bytes.Contains(f.Content, []byte("--"+w.Boundary())) {
				return nil, "", fmt.Errorf("partnercenter: a file of %s cannot be sent as it is", part.name)
			}
			if err := writePart(w, part.name, f); err != nil {
				return nil, "", err
			}
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return buf.Bytes(), w.FormDataContentType(), nil
}

func writePart(w *multipart.Writer, name string, f File) error {
	disposition := `form-data; name="` + name + `"`
	if f.Name != "" {
		disposition = multipart.FileContentDisposition(name, f.Name)
	}
	h := textproto.MIMEHeader{"Content-Disposition": {disposition}}
	h.Set("Content-Type", f.Type)
	if f.Type == "" {
		h.Set("Content-Type", "application/octet-stream")
	}
	part, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	_, err = part.Write(f.Content)
	return err
}

func (a *Attachment) complete() bool { return a.ID != "" }

func (a *Attachment) read(r *reader) {
	for name := range r.object {
		switch string(name) {
		case "attachmentid", "id":
			a.ID = r.text()
		case "filename":
			a.FileName = r.text()
		case "sizeinkb":
			a.SizeKB = r.decimal()
		case "attachmenttype":
			a.Type = r.enum()
		}
	}
}
