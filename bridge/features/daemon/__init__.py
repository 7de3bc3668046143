"""The daemon as commands see it: started, asked, ended, begun with the machine."""
