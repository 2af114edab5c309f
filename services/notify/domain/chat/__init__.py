"""The rules of the WhatsApp chatbot: a table of states, and how a conversation goes through it."""
