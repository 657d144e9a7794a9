def page(c, b):
    return "<html></html>"
