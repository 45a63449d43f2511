package integrations

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"

	"enrolld"
)

// decodeMultipart reads multipart/form-data; files are passed over.
func decodeMultipart(body []byte, contentType string) (Node, error) {
	const usual = 64
	f := newForm(len(body), usual)
	f.plain, f.valid = true, true
	err := eachPart(body, contentType, func(p *multipart.Part, value []byte) error {
		if p.FileName() != "" || p.FormName() == "" {
			return nil
		}
		return f.add(f.keep(repair(p.FormName())), f.keep(repair(string(value))))
	})
	return Node{f.tree, root}, err
}

func eachPart(body []byte, contentType string, do func(*multipart.Part, []byte) error) error {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return enrolld.Errorf(enrolld.Invalid, "the body is multipart, but its Content-Type names no boundary")
	}
	broken := enrolld.Errorf(enrolld.Invalid, "the body is not the multipart form that its Content-Type promises")
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for n := 0; ; n++ {
		p, err := r.NextRawPart()
		if err == io.EOF { //nolint:errorlint // a cut body wraps io.EOF, the end does not
			return nil
		}
		if err != nil {
			return broken
		}
		value, err := io.ReadAll(p)
		if err != nil {
			return broken
		}
		if n >= MaxFormFields {
			return tooManyFields()
		}
		if err := do(p, value); err != nil {
			return err
		}
	}
}

func maskMultipart(body []byte, contentType string, path []string) []byte {
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	err := eachPart(body, contentType, func(p *multipart.Part, value []byte) error {
		if under(repair(p.FormName()), path) {
			value = []byte(Mask)
		}
		if out.Len() == 0 {
			if err := w.SetBoundary(boundary(contentType)); err != nil {
				return err
			}
		}
		part, err := w.CreatePart(p.Header)
		if err == nil {
			_, err = part.Write(value)
		}
		return err
	})
	if err != nil || w.Close() != nil {
		// What cannot be taken apart cannot be masked: nothing of it is kept.
		return []byte(Mask)
	}
	return out.Bytes()
}

func boundary(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["boundary"]
}
