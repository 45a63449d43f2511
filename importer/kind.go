package importer

import (
	"bytes"

	"enrolld"
)

// What to do instead of uploading a file that is no text.
const (
	saveAsCSV = "open it and save it as CSV (UTF-8), then choose that file"
	unpackIt  = "unpack it and choose the CSV file inside"
)

// kinds are files that people take for lists, by what they begin with.
var kinds = []struct{ magic, what, todo string }{
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls)", saveAsCSV},
	{"%PDF-", "a PDF document", "ask for the list as CSV"},
	{"{\\rtf", "a word processor's document", "save it as plain text"},
	{"\x1f\x8b", "a compressed file (.gz)", unpackIt},
	{"BZh", "a compressed file (.bz2)", unpackIt},
	{"\xfd7zXZ\x00", "a compressed file (.xz)", unpackIt},
	{"\x28\xb5\x2f\xfd", "a compressed file (.zst)", unpackIt},
	{"7z\xbc\xaf\x27\x1c", "an archive (.7z)", unpackIt},
	{"Rar!\x1a\x07", "an archive (.rar)", unpackIt},
	{"\x89PNG\r\n", "a picture", "ask for the list as CSV"},
	{"\xff\xd8\xff", "a picture", "ask for the list as CSV"},
	{"GIF8", "a picture", "ask for the list as CSV"},
	{"SQLite format 3\x00", "a database", "export the table as CSV"},
}

// checkKind refuses files that are no text, by their first bytes.
func checkKind(head []byte) error {
	for _, k := range kinds {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return wrongKind(k.what, k.todo)
		}
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		return wrongKind(zipKind(head))
	}
	return checkMarkup(head)
}

// zipKind tells spreadsheets from archives: both are zip files. Nothing is unpacked.
func zipKind(head []byte) (what, todo string) {
	for _, part := range []string{"[Content_Types].xml", "xl/", "mimetypeapplication/vnd.", "Index/Document.iwa"} {
		if bytes.Contains(head, []byte(part)) {
			return "a spreadsheet", saveAsCSV
		}
	}
	return "an archive (.zip)", unpackIt
}

// checkMarkup refuses text of another kind: pages that are named .xls, JSON.
func checkMarkup(head []byte) error {
	text := bytes.ToLower(bytes.TrimLeft(head[:min(len(head), 512)], "\xef\xbb\xbf \t\r\n"))
	for _, tag := range []string{"<!doctype", "<html", "<table", "<?xml", "<head", "<meta"} {
		if bytes.HasPrefix(text, []byte(tag)) {
			return wrongKind("a web page or XML, whatever it is named", saveAsCSV)
		}
	}
	if bytes.HasPrefix(text, []byte(`{"`)) || bytes.HasPrefix(text, []byte("{\n")) || bytes.HasPrefix(text, []byte("[{")) || bytes.HasPrefix(text, []byte(`["`)) {
		return wrongKind("JSON", "export the list as CSV")
	}
	return nil
}

func wrongKind(what, todo string) error {
	return enrolld.Errorf(enrolld.Invalid, "this file is %s, not a CSV file: %s", what, todo)
}
