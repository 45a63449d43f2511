define( 'WP_INSTALLING', true );
define( 'WP_SITEURL', $args['url'] );
require $args['dir'] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
if ( is_blog_installed() ) {
	file_put_contents( 'php://stderr', 'the database holds a WordPress with this prefix already' );
	exit( 1 );
}
wp_install( $args['title'], $args['user'], $args['email'], true, '', wp_slash( $args['password'] ) );
update_option( 'permalink_structure', '' );
update_option( 'timezone_string', 'UTC' );
if ( $args['theme'] !== get_option( 'stylesheet' ) ) {
	switch_theme( $args['theme'] );
}
