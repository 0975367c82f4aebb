"""The op table, a file for each family: the format is explained in ../ops_table.py."""
