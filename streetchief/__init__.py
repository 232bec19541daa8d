"""街长通: the street-chief programme as a program.  Importing the package imports nothing heavy."""

__version__ = "0.1.0"
