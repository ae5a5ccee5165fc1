package vendorapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/seatflow/seatflow/services/partnersim/internal/world"
)

// purchaseOrderBody is the part named metadata of an upload.
type purchaseOrderBody struct {
	IsPartOfTender bool            `json:"isPartofTender"`
	CustomerPrice  json.RawMessage `json:"customerPrice"`
	Currency       string          `json:"currency"`
	TenderLink     string          `json:"tenderLink"`
}

// attach takes the customer's purchase order, a form with metadata and files.
func (s *Server) attach(c *call) (int, *world.Refusal) {
	files, refusal := c.purchaseOrder()
	if refusal != nil {
		return 0, refusal
	}
	attached, refusal := s.World.Attach(c.now, c.customer, c.id, files, c.by())
	if refusal != nil {
		return 0, refusal
	}
	c.say(attachments(attached))
	return http.StatusCreated, nil
}

// purchaseOrder reads the form.
func (c *call) purchaseOrder() ([]world.Attachment, *world.Refusal) {
	kind, parameters, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, world.ErrPOMetadata
	}
	var metadata purchaseOrderBody
	var files []world.Attachment
	told, tenders := false, 0
	form := multipart.NewReader(bytes.NewReader(c.body), parameters["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, world.ErrInvalidInput
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, world.ErrInvalidInput
		}
		switch name := part.FormName(); {
		case same(name, "metadata"):
			if decode(content, &metadata) != nil {
				return nil, world.ErrPOMetadata
			}
			told = true
		case part.FileName() == "":
			continue
		case same(name, "pofiles"):
			files = append(files, world.Attachment{Name: part.FileName(), Content: content})
		case same(name, "tenderfiles"):
			files, tenders = append(files, world.Attachment{Name: part.FileName(), Content: content, Tender: true}), tenders+1
		}
	}
	switch {
	case !told:
		return nil, world.ErrPOMetadata
	case len(files) == tenders:
		return nil, world.ErrNoPurchaseOrder
	case metadata.IsPartOfTender && metadata.TenderLink == "" && tenders == 0:
		return nil, world.ErrNoTender
	}
	return files, nil
}

func attachments(list []world.Attachment) document {
	var items []document
	for _, a := range list {
		kind := "POAttachment"
		if a.Tender {
			kind = "TenderAttachment"
		}
		items = append(items, document{
			"attachmentId": a.ID.String(), "fileName": a.Name, "sizeInKB": (len(a.Content) + 1023) / 1024, "attachmentType": kind,
		})
	}
	return collection(items, "")
}

func (s *Server) listAttachments(c *call) (int, *world.Refusal) {
	list, refusal := s.World.Attachments(c.customer, c.id)
	if refusal != nil {
		return 0, refusal
	}
	return c.say(attachments(list)), nil
}

// getAttachment gives a file back.
func (s *Server) getAttachment(c *call) (int, *world.Refusal) {
	list, refusal := s.World.Attachments(c.customer, c.stars[0])
	if refusal != nil {
		return 0, refusal
	}
	for _, a := range list {
		if same(a.ID.String(), c.stars[1]) {
			c.out, c.media = append(c.out, a.Content...), []string{"application/octet-stream"}
			return http.StatusOK, nil
		}
	}
	return 0, world.ErrNoAttachment
}
