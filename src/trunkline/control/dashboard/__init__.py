"""The dashboard: pages over the services, for customers and operators.

A feature is a folder with its addresses, views, forms and templates. A view serves a whole page, or the part of it that
htmx asks for, at the same address. `application.make` is the WSGI application.
"""
