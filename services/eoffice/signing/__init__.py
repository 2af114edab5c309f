"""Signing: certificates, keys and where they are, CMS for the record and PAdES for PDFs."""
