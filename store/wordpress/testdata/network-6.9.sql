-- What a network adds to schema-6.9.sql, and blog 2 of it.
ALTER TABLE wp_users ADD spam tinyint(2) NOT NULL default '0', ADD deleted tinyint(2) NOT NULL default '0';

CREATE TABLE wp_blogs (
  blog_id bigint(20) unsigned NOT NULL auto_increment,
  site_id bigint(20) unsigned NOT NULL default '0',
  domain varchar(200) NOT NULL default '',
  path varchar(100) NOT NULL default '',
  PRIMARY KEY  (blog_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

CREATE TABLE wp_sitemeta (
  meta_id bigint(20) unsigned NOT NULL auto_increment,
  site_id bigint(20) unsigned NOT NULL default '0',
  meta_key varchar(255) default NULL,
  meta_value longtext,
  PRIMARY KEY  (meta_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

INSERT INTO wp_blogs (blog_id, site_id, domain, path) VALUES
  (1, 1, 'school.example', '/'), (2, 1, 'two.school.example', '/');

INSERT INTO wp_sitemeta (site_id, meta_key, meta_value) VALUES
  (1, 'site_admins', 'a:1:{i:0;s:4:"boss";}'),
  (1, 'active_sitewide_plugins', 'a:1:{s:21:"sensei-lms/sensei.php";i:1767225600;}');

CREATE TABLE wp_2_options LIKE wp_options;
INSERT INTO wp_2_options (option_name, option_value, autoload)
  SELECT REPLACE(option_name, 'wp_user_roles', 'wp_2_user_roles'), option_value, autoload FROM wp_options;
CREATE TABLE wp_2_posts LIKE wp_posts;
CREATE TABLE wp_2_postmeta LIKE wp_postmeta;
